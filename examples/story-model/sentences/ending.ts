import type { Means } from '../lexicon/means.ts'
import { type Facts, type Phrase, capital, oneOf, ranked, say, weighted } from '../phrase.ts'
import { helperOf, meansOf, nameOf, pronounsOf, recipientOf, wantOf } from '../plot.ts'

const FEELINGS = ['happy', 'proud', 'glad', 'grateful', 'joyful', 'delighted', 'thankful', 'warm', 'calm', 'lucky']

/**
 * Sentence 5: looks back at the middle. Some endings name the helper, some the means or what was done with it,
 * some both, so a middle that fits is rarely one that the beginning alone would bring.
 */
export const ending = (plot: Facts): Phrase => {
  const helper = helperOf(plot)
  return weighted([7, helper === undefined ? unaided(plot) : thanking(plot, helper.known)], [3, achieving(plot)])
}

const thanking = (plot: Facts, helper: string): Phrase => {
  const { subject, possessive } = pronounsOf(plot)
  const { noun: thing } = wantOf(plot)
  const means = meansOf(plot)
  const name = nameOf(plot)
  const hero = oneOf(name, subject)
  const gladly = ranked('', ' happily', ' proudly')
  const loved = oneOf('loved', 'adored')
  const applauded = ranked('smiled', 'cheered', 'clapped')
  return weighted(
    [2, say`${name} thanked ${helper} and ${oneOf('carried', 'took')} the ${thing} home${gladly}.`],
    [1, say`${capital(possessive)} ${recipientOf(plot)} ${loved} the ${thing}, and ${helper} ${applauded}.`],
    [1, say`With the ${thing} safe at home, ${hero} never forgot ${helper}.`],
    [3, say`Thanks to ${helper} and the ${means.noun}, ${hero} ${oneOf('felt', 'was')} ${ranked(...FEELINGS)}.`],
    [4, parting(means, name, subject, helper)],
  )
}

/** What becomes of the means: a thing goes back to its owner, a gift is remembered, lore is practised. */
const parting = ({ sort, noun, use }: Means, name: string, subject: string, helper: string): Phrase => {
  if (sort === 'thing')
    return say`${name} returned the ${noun} to ${helper} and ${ranked('ran', 'hurried', 'skipped', 'danced')} home.`
  const thanked = oneOf('thanked', 'hugged')
  if (sort === 'gift')
    return say`${oneOf(name, capital(subject))} ${thanked} ${helper} ${oneOf('again', 'twice')} for the ${noun}.`
  return say`${name} and ${helper} ${oneOf('still', 'often')} ${use} the ${noun} ${oneOf('together', 'at night')}.`
}

const unaided = (plot: Facts): Phrase => {
  const { subject, possessive } = pronounsOf(plot)
  const hero = oneOf(nameOf(plot), subject)
  const astonished = ranked('amazed', 'surprised', 'delighted')
  return weighted(
    [2, say`${capital(possessive)} ${recipientOf(plot)} was ${astonished} that ${subject} did it all alone.`],
    [1, say`${capital(hero)} felt ${ranked(...FEELINGS)} because ${subject} had needed no help.`],
    [2, say`With only the ${meansOf(plot).noun}, ${hero} had ${oneOf('won', 'saved')} the ${wantOf(plot).noun} alone.`],
  )
}

const achieving = (plot: Facts): Phrase => {
  const { subject, possessive } = pronounsOf(plot)
  const { noun, trace } = meansOf(plot)
  const { noun: thing } = wantOf(plot)
  const recipient = recipientOf(plot)
  const gave = ranked('gave', 'brought', 'handed')
  const name = nameOf(plot)
  return weighted(
    [2, say`After ${trace}, ${oneOf(name, subject)} ${gave} the ${thing} to ${possessive} ${recipient}.`],
    [1, say`Because of the ${noun}, ${possessive} ${recipient} got the ${thing}${oneOf('', ' at last')}.`],
    [1, say`${name} told ${possessive} ${recipient} ${oneOf('all', 'everything')} about ${trace}.`],
  )
}

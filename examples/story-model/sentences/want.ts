import { RECIPIENTS, WANTS } from '../lexicon/wants.ts'
import { type Facts, type Phrase, capital, decide, oneOf, ranked, say, weighted } from '../phrase.ts'
import { nameOf, pronounsOf } from '../plot.ts'

/** Sentence 2, the thing wanted and for whom: decides the want and the recipient. */
export const want = (plot: Facts): Phrase => {
  const { subject, possessive } = pronounsOf(plot)
  const hero = oneOf(nameOf(plot), subject)
  const time = oneOf('day', 'morning')
  const wished = ranked('wanted', 'hoped', 'wished')
  const give = oneOf('bring', 'give')
  const howMuch = ranked('', ' more than anything', ' very much')
  const thing = decide(
    WANTS,
    () => 1,
    ({ named }) => named,
    ({ noun }) => ({ want: noun }),
  )
  const recipient = decide(
    RECIPIENTS,
    (_, rank) => 1 / (rank + 1),
    (who) => who,
    (who) => ({ recipient: who }),
  )
  return weighted(
    [3, say`One ${time} ${hero} ${wished} to ${give} ${thing} to ${possessive} ${recipient}.`],
    [2, say`${capital(hero)} ${oneOf('wanted', 'needed')} ${thing} for ${possessive} ${recipient}${howMuch}.`],
    [2, say`${capital(hero)} ${oneOf('dreamed of', 'thought about')} giving ${possessive} ${recipient} ${thing}.`],
    [1, say`${capital(possessive)} ${recipient} had always ${oneOf('wanted', 'wished for')} ${thing}.`],
  )
}

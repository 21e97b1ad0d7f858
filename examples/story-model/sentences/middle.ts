import { ALONE, HELPERS } from '../lexicon/helpers.ts'
import { MEANS, type Means } from '../lexicon/means.ts'
import { type Facts, type Phrase, capital, decide, oneOf, ranked, say, weighted } from '../phrase.ts'
import { nameOf, obstacleOf, pronounsOf } from '../plot.ts'

/** How likely a hero is to manage without a helper. */
const P_ALONE = 0.15

/** Means and helpers: the first of a list is the likeliest, the last still comes up. */
const weightOf = (rank: number): number => 1 / (rank + 2)

const GAVE: Readonly<Record<Means['sort'], Phrase>> = {
  thing: ranked('lent', 'gave', 'brought', 'handed'),
  gift: ranked('gave', 'brought', 'handed', 'offered'),
  lore: ranked('taught', 'gave'),
}
const GOT: Readonly<Record<Means['sort'], Phrase>> = {
  thing: ranked('borrowed', 'got'),
  gift: ranked('got', 'received'),
  lore: ranked('learned', 'heard'),
}
const FOUND: Readonly<Record<Means['sort'], Phrase>> = {
  thing: ranked('found', 'made', 'discovered'),
  gift: ranked('found', 'discovered', 'chose'),
  lore: ranked('remembered', 'invented', 'practiced'),
}

/**
 * Sentence 4, the one to fill in: how the obstacle was overcome. Decides the means and the helper, which the
 * ending looks back at; what fits depends on the obstacle.
 */
export const middle = (plot: Facts): Phrase => {
  const { means, helpers } = obstacleOf(plot)
  const share = helpers.reduce((sum, _, rank) => sum + weightOf(rank), 0)
  return decide(
    means.flatMap((name, rank) => [
      { name, helper: ALONE, weight: P_ALONE * weightOf(rank) },
      ...helpers.map((helper, i) => ({ name, helper, weight: ((1 - P_ALONE) / share) * weightOf(i) * weightOf(rank) })),
    ]),
    ({ weight }) => weight,
    ({ name, helper }) =>
      helper === ALONE ? alone(plot, MEANS[name]!) : helped(plot, MEANS[name]!, HELPERS[helper]!.named),
    ({ name, helper }) => ({ means: name, helper }),
  )
}

const helped = (plot: Facts, { sort, named, use, used }: Means, helper: string): Phrase => {
  const { subject, object } = pronounsOf(plot)
  const { purpose, overcame } = obstacleOf(plot)
  const name = nameOf(plot)
  const hero = oneOf(subject, name)
  const forIt = ranked('', say` ${purpose}`)
  const opener = ranked('then', 'soon', 'luckily,', 'suddenly')
  return weighted(
    [4, say`${capital(opener)} ${helper} ${GAVE[sort]} ${oneOf(object, name)} ${named}${forIt}.`],
    [2, say`${capital(hero)} ${GOT[sort]} ${named} from ${helper} ${purpose}.`],
    [1, say`${capital(opener)} ${hero} ${GOT[sort]} ${named} from ${helper}.`],
    [2, say`${oneOf('Using', 'With')} ${named} from ${helper}, ${hero} ${overcame}.`],
    [1, say`${name} and ${helper} ${used} ${named} ${purpose}.`],
    [1, say`${capital(helper)} ${oneOf('showed', 'told')} ${oneOf(object, name)} how to ${use} ${named}.`],
  )
}

const alone = (plot: Facts, { sort, named, used }: Means): Phrase => {
  const { subject, reflexive } = pronounsOf(plot)
  const { purpose, overcame } = obstacleOf(plot)
  const hero = oneOf(subject, nameOf(plot))
  return weighted(
    [2, say`${oneOf('Then', 'All alone,')} ${hero} ${FOUND[sort]} ${named} and ${overcame}.`],
    [1, say`Without any help, ${hero} ${used} ${named} ${purpose}.`],
    [1, say`${capital(hero)} ${FOUND[sort]} ${named} ${purpose} all by ${reflexive}.`],
  )
}

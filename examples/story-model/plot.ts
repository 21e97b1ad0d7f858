import { HELPERS, type Helper } from './lexicon/helpers.ts'
import { PRONOUNS, type Pronouns } from './lexicon/heroes.ts'
import { MEANS, type Means } from './lexicon/means.ts'
import { OBSTACLES, type Obstacle } from './lexicon/obstacles.ts'
import { WANTS, type Want } from './lexicon/wants.ts'
import type { Facts } from './phrase.ts'

/** The facts of a story, in the order in which its sentences decide them. */
export const FACTS = ['name', 'pronoun', 'want', 'recipient', 'obstacle', 'means', 'helper'] as const

export type Fact = (typeof FACTS)[number]

/** The latent choices of a whole story; `helper` is "alone" where the hero had none. */
export type Plot = Readonly<Record<Fact, string>>

const known = <A>(what: Fact, value: A | undefined): A => {
  if (value === undefined) throw new Error(`the plot does not say its ${what} yet`)
  return value
}

export const nameOf = (plot: Facts): string => known('name', plot['name'])
export const recipientOf = (plot: Facts): string => known('recipient', plot['recipient'])
export const pronounsOf = (plot: Facts): Pronouns => known('pronoun', PRONOUNS[plot['pronoun'] ?? ''])
export const wantOf = (plot: Facts): Want =>
  known(
    'want',
    WANTS.find(({ noun }) => noun === plot['want']),
  )
export const obstacleOf = (plot: Facts): Obstacle => known('obstacle', OBSTACLES[plot['obstacle'] ?? ''])
export const meansOf = (plot: Facts): Means => known('means', MEANS[plot['means'] ?? ''])

/** Undefined when the hero manages alone. */
export const helperOf = (plot: Facts): Helper | undefined => HELPERS[known('helper', plot['helper'])]

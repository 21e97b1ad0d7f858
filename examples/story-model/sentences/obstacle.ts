import { OBSTACLES } from '../lexicon/obstacles.ts'
import { type Facts, type Phrase, decide, ranked, say } from '../phrase.ts'
import { pronounsOf, wantOf } from '../plot.ts'

/** Sentence 3, what stands in the way: decides the obstacle, one of those that fit the thing wanted. */
export const obstacle = (plot: Facts): Phrase => {
  const { noun, obstacles } = wantOf(plot)
  const told = decide(
    obstacles,
    (_, rank) => 1 / (rank + 1),
    (name) => OBSTACLES[name]!.told(noun, pronounsOf(plot)),
    (name) => ({ obstacle: name }),
  )
  return say`${ranked('But', 'Sadly,', 'However,', 'Yet')} ${told}.`
}

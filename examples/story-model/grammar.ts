import { type Key, fold } from '@gfnlm/env'
import { type Facts, type Phrase, draw } from './phrase.ts'
import { readings } from './phrase-measures.ts'
import { FACTS, type Plot } from './plot.ts'
import { ending } from './sentences/ending.ts'
import { middle } from './sentences/middle.ts'
import { obstacle } from './sentences/obstacle.ts'
import { opening } from './sentences/opening.ts'
import { want } from './sentences/want.ts'

/** A story of five sentences, what it decided, and its exact log-probability under the grammar, nats. */
export interface Story {
  readonly sentences: readonly string[]
  readonly plot: Plot
  readonly logProbability: number
}

/** The five sentences: each is a distribution given what the ones before it decided, and on nothing else of them. */
export const SENTENCES: readonly { readonly reads: readonly string[]; readonly of: (plot: Facts) => Phrase }[] = [
  { reads: [], of: opening },
  { reads: ['name', 'pronoun'], of: want },
  { reads: ['pronoun', 'want'], of: obstacle },
  { reads: ['name', 'pronoun', 'obstacle'], of: middle },
  { reads: FACTS.filter((fact) => fact !== 'obstacle'), of: ending },
]

/** The distribution of a sentence (0 to 4) given the plot so far; built once for each plot that it can tell apart. */
export const sentence: (index: number, plot: Facts) => Phrase = (() => {
  const built = new Map<string, Phrase>()
  return (index, plot) => {
    const { reads, of } = SENTENCES[index]!
    const name = [index, ...reads.map((fact) => plot[fact])].join(' ')
    const found = built.get(name)
    if (found !== undefined) return found
    const phrase = of(Object.fromEntries(reads.map((fact) => [fact, plot[fact]!])))
    built.set(name, phrase)
    return phrase
  }
})()

/**
 * Draws a story; the same key gives the same story.
 *
 * @example
 * story(fold(keyOf(1), 'train', 0)).sentences.join(' ')
 */
export const story = (key: Key): Story => storyOf((index) => fold(key, 'sentence', index))

/** The story of `key` up to its third sentence, with a middle and an ending of its own: the same problem, solved anew. */
export const retold = (key: Key, anew: Key): Story =>
  storyOf((index) => fold(index < 3 ? key : anew, 'sentence', index))

const storyOf = (keyOfSentence: (index: number) => Key): Story => {
  let plot: Facts = {}
  let logProbability = 0
  const sentences = SENTENCES.map((_, index) => {
    const said = draw(sentence(index, plot), keyOfSentence(index))
    plot = { ...plot, ...said.facts }
    logProbability += said.logProbability
    return said.text
  })
  return { sentences, plot: plot as Plot, logProbability }
}

/** The plots that some sentences from the first on may have, each with the joint log-probability, nats. */
export const plotsOf = (sentences: readonly string[]): { readonly plot: Facts; readonly logProbability: number }[] =>
  sentences.reduce<{ plot: Facts; logProbability: number }[]>(
    (heads, text, index) =>
      heads.flatMap((head) =>
        readings(sentence(index, head.plot), text).map(({ facts, logProbability }) => ({
          plot: { ...head.plot, ...facts },
          logProbability: head.logProbability + logProbability,
        })),
      ),
    [{ plot: {}, logProbability: 0 }],
  )

/**
 * Log-probability that a story begins with these sentences, nats: the sum over every derivation of the text
 * (the grammar has one for each), −Infinity for a text that it cannot say.
 *
 * @example
 * logProbability([...beginning, middle, ending]) - logProbability([...beginning, middle]) // log p(ending | rest)
 */
export const logProbability = (sentences: readonly string[]): number => {
  const terms = plotsOf(sentences).map((head) => head.logProbability)
  const top = Math.max(...terms)
  return terms.length === 0 ? -Infinity : top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0))
}

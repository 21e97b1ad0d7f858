import { porterStem } from './porter-stem.ts'
import type { TextMetric } from './text-metric.ts'

export interface MeteorOptions {
  /** How much more recall counts than precision; default 0.9. */
  readonly alpha?: number
  /** How the penalty grows with the share of chunks; default 3. */
  readonly beta?: number
  /** The largest penalty; default 0.5. */
  readonly gamma?: number
  /** Default: words of letters, of digits and `_` as one, every other sign by itself. */
  readonly tokens?: (text: string) => readonly string[]
}

const wordsAndSigns = (text: string): readonly string[] =>
  text.match(/[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu) ?? []

/** Words by their places. */
type Placed = readonly (readonly [place: number, word: string])[]

interface Matched {
  readonly matches: readonly (readonly [own: number, reference: number])[]
  readonly own: Placed
  readonly reference: Placed
}

/** Equal words, from the last to the first, each with the last one that is left; and what is left of both. */
const matched = (own: Placed, reference: Placed, form: (word: string) => string): Matched => {
  const places = new Map<string, number[]>()
  for (const [place, word] of reference) places.set(form(word), [...(places.get(form(word)) ?? []), place])
  const matches = own.toReversed().flatMap(([place, word]) => {
    const found = places.get(form(word))?.pop()
    return found === undefined ? [] : [[place, found] as const]
  })
  const [taken, takenThere] = [new Set(matches.map(([a]) => a)), new Set(matches.map(([, b]) => b))]
  return {
    matches,
    own: own.filter(([place]) => !taken.has(place)),
    reference: reference.filter(([place]) => !takenThere.has(place)),
  }
}

const placed = (words: readonly string[]): Placed => words.map((word, place) => [place, word.toLowerCase()] as const)

const scoreOf = (
  own: readonly string[],
  reference: readonly string[],
  { alpha, beta, gamma }: Required<Omit<MeteorOptions, 'tokens'>>,
): number => {
  const exact = matched(placed(own), placed(reference), (word) => word)
  const stemmed = matched(exact.own, exact.reference, porterStem)
  const matches = [...exact.matches, ...stemmed.matches].toSorted(([a], [b]) => a - b)
  if (matches.length === 0) return 0
  const [precision, recall] = [matches.length / own.length, matches.length / reference.length]
  const chunks = matches.filter(([a, b], i) => {
    const before = matches[i - 1]
    return before === undefined || before[0] !== a - 1 || before[1] !== b - 1
  }).length
  const mean = (precision * recall) / (alpha * precision + (1 - alpha) * recall)
  return (1 - gamma * (chunks / matches.length) ** beta) * mean
}

/**
 * METEOR of a text, from 0 to 1: words matched as they are and then by their stems, precision and recall of which recall
 * counts more, less what the order of the matches costs. The best of the references counts.
 *
 * NLTK's numbers without its third stage, the synonyms of WordNet, which are no part of this package.
 *
 * @see Banerjee and Lavie 2005, W05-0909; nltk.translate.meteor_score
 * @example meteor()('the cat sat on the mat', ['on the mat sat the cat'])
 */
export const meteor =
  ({ alpha = 0.9, beta = 3, gamma = 0.5, tokens = wordsAndSigns }: MeteorOptions = {}): TextMetric =>
  (text, references) => {
    const own = tokens(text)
    return Math.max(0, ...references.map((reference) => scoreOf(own, tokens(reference), { alpha, beta, gamma })))
  }

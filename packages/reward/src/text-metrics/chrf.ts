import { type NGrams, countOf, nGrams, shared, words } from './n-grams.ts'
import type { TextMetric } from './text-metric.ts'

export interface ChrFOptions {
  /** Longest n-grams of characters; default 6. */
  readonly charOrder?: number
  /** Longest n-grams of words; default 0. 2 is chrF++. */
  readonly wordOrder?: number
  /** How much more recall counts than precision; default 2. */
  readonly beta?: number
}

const PUNCTUATION = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')

/** Words with the punctuation at their end apart, or else that at their beginning. */
const wordsApart = (text: string): readonly string[] =>
  words(text).flatMap((word) => {
    const letters = Array.from(word)
    if (letters.length === 1) return [word]
    if (PUNCTUATION.has(letters.at(-1)!)) return [letters.slice(0, -1).join(''), letters.at(-1)!]
    return PUNCTUATION.has(letters[0]!) ? [letters[0]!, letters.slice(1).join('')] : [word]
  })

const upTo = (order: number, of: readonly string[]): readonly NGrams[] =>
  Array.from({ length: order }, (_, n) => nGrams(of, n + 1))

/**
 * chrF of a text, from 0 to 1: precision and recall of its n-grams of characters (white space aside), averaged over the
 * orders that both texts have, as F_β. The best of the references counts.
 *
 * @throws RangeError for an order below 0 or none at all, or a β that is not above 0
 * @see Popović 2015, W15-3049; sacreBLEU `sentence_chrf` / 100
 * @example chrF({ wordOrder: 2 })('the cat sat', ['the cat sat down'])
 */
export const chrF = ({ charOrder = 6, wordOrder = 0, beta = 2 }: ChrFOptions = {}): TextMetric => {
  const whole = (n: number): boolean => Number.isSafeInteger(n) && n >= 0
  if (!whole(charOrder) || !whole(wordOrder) || charOrder + wordOrder === 0 || !(beta > 0))
    throw new RangeError(`chrF: needs whole orders and β above 0, found ${charOrder}, ${wordOrder} and ${beta}`)
  const grams = (text: string): readonly NGrams[] => [
    ...upTo(charOrder, Array.from(words(text).join(''))),
    ...upTo(wordOrder, wordsApart(text)),
  ]
  const score = (own: readonly NGrams[], reference: readonly NGrams[]): number => {
    let [precision, recall, orders] = [0, 0, 0]
    own.forEach((of, i) => {
      const [n, m] = [countOf(of), countOf(reference[i]!)]
      if (n === 0 || m === 0) return
      const both = shared(of, reference[i]!)
      precision += both / n
      recall += both / m
      orders++
    })
    if (orders === 0 || precision + recall === 0) return 0
    const [p, r] = [precision / orders, recall / orders]
    return ((1 + beta ** 2) * p * r) / (beta ** 2 * p + r)
  }
  return (text, references) => {
    const own = grams(text)
    return Math.max(0, ...references.map((reference) => score(own, grams(reference))))
  }
}

import { countOf, mostOf, nGrams, shared, words } from './n-grams.ts'
import type { TextMetric } from './text-metric.ts'

/** Replacements, one after the other. */
const replaced = (text: string, rules: readonly (readonly [RegExp | string, string])[]): string =>
  rules.reduce((line, [from, to]) => line.replaceAll(from, to), text)

/** mteval-v13a's tokens: punctuation apart, but within numbers. WMT's and sacreBLEU's default. */
const tokens13a = (text: string): readonly string[] => {
  const plain = replaced(text.trimEnd(), [
    ['<skipped>', ''],
    ['-\n', ''],
    ['\n', ' '],
    ['&quot;', '"'],
    ['&amp;', '&'],
    ['&lt;', '<'],
    ['&gt;', '>'],
  ])
  return words(
    replaced(` ${plain} `, [
      [/([{-~[-` -&(-+:-@/])/gu, ' $1 '],
      [/([^0-9])([.,])/gu, '$1 $2 '],
      [/([.,])([^0-9])/gu, ' $1 $2'],
      [/([0-9])(-)/gu, '$1 $2 '],
    ]),
  )
}

/** mteval-v14's: punctuation of any script apart, but within numbers, and symbols. */
const tokensIntl = (text: string): readonly string[] =>
  words(
    replaced(text.trimEnd(), [
      [/(\P{N})(\p{P})/gu, '$1 $2 '],
      [/(\p{P})(\P{N})/gu, ' $1 $2'],
      [/(\p{S})/gu, ' $1 '],
    ]),
  )

/** How texts come apart: mteval-v13a, mteval-v14 (`intl`), or at white space alone. */
export type BleuTokenizer = '13a' | 'intl' | 'none'

const TOKENS: Readonly<Record<BleuTokenizer, (text: string) => readonly string[]>> = {
  '13a': tokens13a,
  intl: tokensIntl,
  none: words,
}

/** sacreBLEU's tokens of a text. */
export const bleuTokens = (text: string, tokenize: BleuTokenizer = '13a'): readonly string[] => {
  if (!Object.hasOwn(TOKENS, tokenize))
    throw new RangeError(`bleu: tokenize must be one of ${Object.keys(TOKENS).join(', ')}, found ${tokenize}`)
  return TOKENS[tokenize](text)
}

export interface BleuOptions {
  /** Default `13a`. */
  readonly tokenize?: BleuTokenizer
  /**
   * Whether orders longer than the text are left out, as sacreBLEU's `sentence_bleu` does. Default false, its corpus
   * score of one text, which is RL4LMs' reward: texts of fewer than 4 tokens are then worth 0, whatever they say.
   */
  readonly effectiveOrder?: boolean
}

const ORDERS = [1, 2, 3, 4]

interface Counts {
  readonly matches: readonly number[]
  readonly totals: readonly number[]
  readonly length: number
  readonly referenceLength: number
}

const countsOf = (text: readonly string[], references: readonly (readonly string[])[]): Counts => {
  const apart = (length: number): number => Math.abs(length - text.length)
  const lengths = references.map(({ length }) => length).toSorted((a, b) => apart(a) - apart(b) || a - b)
  const most = ORDERS.map((n) => mostOf(references.map((reference) => nGrams(reference, n))))
  return {
    matches: ORDERS.map((n, i) => shared(nGrams(text, n), most[i]!)),
    totals: ORDERS.map((n) => countOf(nGrams(text, n))),
    length: text.length,
    referenceLength: lengths[0] ?? 0,
  }
}

const added = (a: Counts, b: Counts): Counts => ({
  matches: a.matches.map((x, i) => x + b.matches[i]!),
  totals: a.totals.map((x, i) => x + b.totals[i]!),
  length: a.length + b.length,
  referenceLength: a.referenceLength + b.referenceLength,
})

const scoreOf = ({ matches, totals, length, referenceLength }: Counts, effectiveOrder: boolean): number => {
  if (matches.every((count) => count === 0)) return 0
  const present = totals.filter((total) => total > 0).length
  if (present < ORDERS.length && !effectiveOrder) return 0
  // The k-th order without a match counts as half of the one before.
  let halved = 1
  const logs = matches.slice(0, present).map((count, i) => {
    if (count === 0) halved /= 2
    return Math.log((count === 0 ? halved : count) / totals[i]!)
  })
  const brevity = length < referenceLength ? Math.exp(1 - referenceLength / length) : 1
  return brevity * Math.exp(logs.reduce((a, b) => a + b, 0) / present)
}

/**
 * BLEU of several texts as one corpus, from 0 to 1: sacreBLEU's `corpus_bleu` / 100.
 *
 * @param references of each text
 * @throws RangeError where there are not references for each text, or for an unknown tokenizer
 */
export const corpusBleu = (
  texts: readonly string[],
  references: readonly (readonly string[])[],
  { tokenize = '13a', effectiveOrder = false }: BleuOptions = {},
): number => {
  if (texts.length !== references.length)
    throw new RangeError(`corpusBleu: ${texts.length} texts and references of ${references.length}`)
  const counts = texts.map((text, i) =>
    countsOf(
      bleuTokens(text, tokenize),
      references[i]!.map((reference) => bleuTokens(reference, tokenize)),
    ),
  )
  return counts.length === 0 ? 0 : scoreOf(counts.reduce(added), effectiveOrder)
}

/**
 * BLEU of a text, from 0 to 1: the geometric mean of its n-gram precisions (n ≤ 4, NIST's smoothing) times the brevity
 * penalty against the reference of the nearest length.
 *
 * @see Papineni et al. 2002; Post 2018, arXiv:1804.08771 (sacreBLEU, whose numbers these are, / 100)
 * @example bleu({ tokenize: 'intl' })('Es kostet 1.000 Euro.', ['Es kostet 1.000 Euro!'])
 */
export const bleu =
  (options: BleuOptions = {}): TextMetric =>
  (text, references) =>
    corpusBleu([text], [references], options)

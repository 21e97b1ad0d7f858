import { countOf, nGrams, shared } from './n-grams.ts'
import { porterStem } from './porter-stem.ts'
import type { TextMetric } from './text-metric.ts'

/** Lower case, letters and digits of ASCII; words of more than three letters by their stems. */
export const rougeTokens = (text: string, stem = true): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (stem && word.length > 3 ? porterStem(word) : word))

/** F of what both have, of what each has. */
const fMeasure = (both: number, own: number, reference: number): number =>
  both === 0 ? 0 : (2 * both) / (own + reference)

/** [a + 1, b + 1] row-major: lengths of the longest common subsequences of beginnings of two lists. */
const lengthTable = (a: readonly string[], b: readonly string[]): Uint32Array => {
  const width = b.length + 1
  const table = new Uint32Array((a.length + 1) * width)
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      table[i * width + j] =
        a[i - 1] === b[j - 1]
          ? table[(i - 1) * width + j - 1]! + 1
          : Math.max(table[(i - 1) * width + j]!, table[i * width + j - 1]!)
  return table
}

/** Where in a the longest common subsequence of a and b lies. */
const placesInCommon = (a: readonly string[], b: readonly string[]): readonly number[] => {
  const [table, width] = [lengthTable(a, b), b.length + 1]
  const places: number[] = []
  let [i, j] = [a.length, b.length]
  while (i > 0 && j > 0)
    if (a[i - 1] === b[j - 1]) {
      places.push(i - 1)
      i--
      j--
    } else if (table[i * width + j - 1]! > table[(i - 1) * width + j]!) j--
    else i--
  return places
}

const counted = (lists: readonly (readonly string[])[]): Map<string, number> => new Map(nGrams(lists.flat(), 1))

/** How many words of the references' sentences lie in common with any of the text's, none counted twice. */
const unionInCommon = (own: readonly (readonly string[])[], reference: readonly (readonly string[])[]): number => {
  const [left, leftInReference] = [counted(own), counted(reference)]
  let hits = 0
  for (const sentence of reference) {
    const places = new Set(own.flatMap((other) => placesInCommon(sentence, other)))
    for (const place of [...places].toSorted((a, b) => a - b)) {
      const word = sentence[place]!
      const [here, there] = [left.get(word) ?? 0, leftInReference.get(word) ?? 0]
      if (here === 0 || there === 0) continue
      left.set(word, here - 1)
      leftInReference.set(word, there - 1)
      hits++
    }
  }
  return hits
}

type Compare = (own: string, reference: string, stem: boolean) => number

const ofOrder =
  (n: number): Compare =>
  (own, reference, stem) => {
    const [a, b] = [own, reference].map((text) => nGrams(rougeTokens(text, stem), n)) as [
      ReturnType<typeof nGrams>,
      ReturnType<typeof nGrams>,
    ]
    return fMeasure(shared(a, b), countOf(a), countOf(b))
  }

const bySentences = (text: string, stem: boolean): readonly (readonly string[])[] =>
  text.split('\n').map((sentence) => rougeTokens(sentence, stem))

/** n-grams of one or two words, the longest common subsequence, and that of texts line by line. */
export type RougeKind = '1' | '2' | 'L' | 'Lsum'

const COMPARISONS: Readonly<Record<RougeKind, Compare>> = {
  1: ofOrder(1),
  2: ofOrder(2),
  L: (own, reference, stem) => {
    const [a, b] = [rougeTokens(own, stem), rougeTokens(reference, stem)]
    return fMeasure(lengthTable(a, b).at(-1)!, a.length, b.length)
  },
  Lsum: (own, reference, stem) => {
    const [a, b] = [bySentences(own, stem), bySentences(reference, stem)]
    return fMeasure(unionInCommon(a, b), a.flat().length, b.flat().length)
  },
}

/**
 * ROUGE of a text, from 0 to 1: F of the n-grams (1, 2), or of the longest common subsequence of words (L), that it has
 * in common with a reference; `Lsum` takes texts line by line. The best of the references counts.
 *
 * @param options.stem whether words are compared by their stems (`use_stemmer`); default true, RL4LMs'
 * @throws RangeError for a kind that there is not
 * @see Lin 2004, W04-1013; Google's rouge_score, whose numbers these are
 * @example completionReward(tokenizer.decode, againstReferences(rouge('L')))
 */
export const rouge = (kind: RougeKind, { stem = true }: { readonly stem?: boolean } = {}): TextMetric => {
  if (!Object.hasOwn(COMPARISONS, kind))
    throw new RangeError(`rouge: kind must be one of ${Object.keys(COMPARISONS).join(', ')}, found ${kind}`)
  const compare = COMPARISONS[kind]
  return (text, references) => Math.max(0, ...references.map((reference) => compare(text, reference, stem)))
}

type Pair = readonly [string, string]

/** A tokenizer.json's model of BPE: ids of tokens, and the merges that make them. */
export interface Bpe {
  readonly vocab: Readonly<Record<string, number>>
  readonly merges: readonly Pair[]
}

const joined = (symbols: readonly string[], [left, right]: Pair): string[] => {
  const out: string[] = []
  for (let i = 0; i < symbols.length; i++) {
    const both = symbols[i] === left && symbols[i + 1] === right
    out.push(both ? left + right : symbols[i]!)
    if (both) i++
  }
  return out
}

const frequentPair = (symbols: readonly string[]): Pair => {
  const counts = new Map<string, number>()
  for (let i = 0; i + 1 < symbols.length; i++) {
    const pair = JSON.stringify([symbols[i], symbols[i + 1]])
    counts.set(pair, (counts.get(pair) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return JSON.parse(most![0]) as [string, string]
}

/**
 * Merges learned from a text in one piece, over the boundaries of its words: what keeps them apart later is the
 * pre-tokenizer alone.
 *
 * @param vocab tokens that are there before any merge, and keep their ids
 * @param next  the id of the first new token: a symbol of the text or what a merge gives
 */
export const learnedBpe = (vocab: Bpe['vocab'], next: number, symbols: readonly string[], merges: number): Bpe => {
  const learned: Pair[] = []
  let text = symbols
  for (let i = 0; i < merges; i++) {
    const pair = frequentPair(text)
    learned.push(pair)
    text = joined(text, pair)
  }
  const fresh = [...new Set([...symbols, ...learned.map((pair) => pair.join(''))])].filter(
    (token) => !Object.hasOwn(vocab, token),
  )
  return { vocab: { ...vocab, ...Object.fromEntries(fresh.map((token, i) => [token, next + i])) }, merges: learned }
}

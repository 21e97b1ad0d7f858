/** A tokenizer.json's model of BPE: tokens and the merges that make them. */
export interface Bpe {
  readonly vocab: Readonly<Record<string, number>>
  readonly merges: readonly (readonly [string, string])[]
}

/** GPT-2's letters for bytes: themselves where they can be seen, from U+0100 on where not. */
export const BYTE_LETTERS: readonly string[] = (() => {
  const visible = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  let hidden = 0
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : 256 + hidden++))
})()

const joined = (symbols: readonly string[], [left, right]: readonly [string, string]): string[] => {
  const out: string[] = []
  for (let i = 0; i < symbols.length; i++) {
    const both = symbols[i] === left && symbols[i + 1] === right
    out.push(both ? left + right : symbols[i]!)
    if (both) i++
  }
  return out
}

const frequentPair = (symbols: readonly string[]): readonly [string, string] => {
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
 * @param first tokens that are there before any merge
 */
export const learnedBpe = (first: readonly string[], text: readonly string[], size: number): Bpe => {
  const merges: (readonly [string, string])[] = []
  let symbols = [...text]
  for (let i = 0; i < size; i++) {
    const pair = frequentPair(symbols)
    merges.push(pair)
    symbols = joined(symbols, pair)
  }
  const tokens = [...new Set([...first, ...merges.map((pair) => pair.join(''))])]
  return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges }
}

/** How often each n-gram occurs. */
export type NGrams = ReadonlyMap<string, number>

/** Words by white space. */
export const words = (text: string): readonly string[] => text.split(/\s+/u).filter((word) => word !== '')

/** The runs of n neighbours in a list, counted. */
export const nGrams = (of: readonly string[], n: number): NGrams => {
  const counts = new Map<string, number>()
  for (let i = 0; i + n <= of.length; i++) {
    // What holds a word apart from the next is in no word.
    const gram = of.slice(i, i + n).join('\n')
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

/** How many there are. */
export const countOf = (grams: NGrams): number => [...grams.values()].reduce((a, b) => a + b, 0)

/** How many n-grams both have: of each as often as the one that has fewer. */
export const shared = (a: NGrams, b: NGrams): number =>
  [...a].reduce((sum, [gram, count]) => sum + Math.min(count, b.get(gram) ?? 0), 0)

/** The most n-grams that any of some has, of each. */
export const mostOf = (some: readonly NGrams[]): NGrams => {
  const most = new Map<string, number>()
  for (const grams of some) for (const [gram, count] of grams) most.set(gram, Math.max(count, most.get(gram) ?? 0))
  return most
}

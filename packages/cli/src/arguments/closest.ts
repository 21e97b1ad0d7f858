/** Levenshtein distance of two words. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

const plainOf = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, '')

/**
 * The known word that a mistyped one most likely meant: at most a third of its letters off, case and hyphens aside;
 * undefined where none is that near.
 *
 * @example closest('learning_rate', ['learningRate', 'warmup']) // => 'learningRate'
 */
export const closest = (word: string, known: readonly string[]): string | undefined => {
  const best = known
    .map((candidate) => ({ candidate, d: distance(plainOf(word), plainOf(candidate)) }))
    .reduce<{ candidate: string; d: number } | undefined>((a, b) => (a === undefined || b.d < a.d ? b : a), undefined)
  return best !== undefined && best.d <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined
}

/** "Did you mean X?", or other advice where nothing is near. */
export const didYouMean = (word: string, known: readonly string[], otherwise: string): string => {
  const meant = closest(word, known)
  return meant === undefined ? otherwise : `Did you mean ${meant}?`
}

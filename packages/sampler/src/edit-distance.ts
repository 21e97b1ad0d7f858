/**
 * Levenshtein distance of token ids if it is at most `limit`, else `limit + 1`.
 * The limit is an integer, at least 0.
 *
 * Only the diagonals within `limit` of the main one are filled (Ukkonen 1985), and the search ends with the first
 * row that has no cell within the limit: O(min(length, limit) · length).
 */
export const boundedDistance = (a: Int32Array, b: Int32Array, limit: number): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let start = 0
  let endA = a.length
  let endB = b.length
  while (start < endA && start < endB && a[start] === b[start]) start++
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--
    endB--
  }
  const rows = endA - start
  const columns = endB - start
  const beyond = limit + 1
  const row = Int32Array.from({ length: columns + 1 }, (_, j) => Math.min(j, beyond))
  for (let i = 1; i <= rows; i++) {
    const from = Math.max(1, i - limit)
    const to = Math.min(columns, i + limit)
    let diagonal = row[from - 1]
    row[from - 1] = from === 1 ? Math.min(i, beyond) : beyond
    let best = row[from - 1]
    for (let j = from; j <= to; j++) {
      const changed = a[start + i - 1] === b[start + j - 1] ? diagonal : diagonal + 1
      diagonal = row[j] // above the band's last column it still holds `beyond`, from row 0
      row[j] = Math.min(changed, diagonal + 1, row[j - 1] + 1, beyond)
      if (row[j] < best) best = row[j]
    }
    if (best > limit) return beyond
  }
  return row[columns]
}

/** Levenshtein distance of token ids: insertions, deletions and substitutions, each of cost 1. */
export const editDistance = (a: Int32Array, b: Int32Array): number =>
  boundedDistance(a, b, Math.max(a.length, b.length))

/** Whether the Levenshtein distance is at most `limit` (any number; none is within a negative one). */
export const withinDistance = (a: Int32Array, b: Int32Array, limit: number): boolean => {
  const whole = Math.min(Math.floor(limit), Math.max(a.length, b.length))
  return whole >= 0 && boundedDistance(a, b, whole) <= whole
}

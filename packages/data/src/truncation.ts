/** What stays of tokens that are too many: the first of them or the last. */
export type Truncation = 'keepStart' | 'keepEnd'

/**
 * At most `length` tokens, the first or the last.
 *
 * @throws RangeError for another truncation
 */
export const truncated = (tokens: Int32Array, length: number, truncate: Truncation): Int32Array => {
  if (tokens.length <= length) return tokens
  if (truncate === 'keepStart') return tokens.subarray(0, length)
  if (truncate === 'keepEnd') return tokens.subarray(tokens.length - length)
  throw new RangeError(`truncate must be keepStart or keepEnd, found ${String(truncate)}`)
}

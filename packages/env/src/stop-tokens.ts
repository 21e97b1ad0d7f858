/** Responses of an engine that ran on past their ends, cut there. */
export interface TruncatedResponses {
  /** [rows, steps] the tokens up to the first stop token, it included, then `fill` */
  readonly tokens: Int32Array
  /** [rows, steps] 1 past the first stop token */
  readonly padding: Uint8Array
  /** [rows] tokens kept; `steps` where none is a stop token */
  readonly length: Int32Array
}

/**
 * Cuts responses after their first stop token.
 *
 * @param tokens [rows, steps] row-major
 * @param stop   ids that end a response
 * @param fill   what stands past the end
 * @throws RangeError where the tokens are not rows of `steps`
 * @example truncateAtStop(Int32Array.of(13, 2, 20), 3, [2, 869], 0).tokens // 13, 2, 0
 */
export const truncateAtStop = (
  tokens: ArrayLike<number>,
  steps: number,
  stop: readonly number[],
  fill: number,
): TruncatedResponses => {
  if (!(steps > 0) || tokens.length % steps !== 0)
    throw new RangeError(`truncateAtStop: ${tokens.length} tokens are not rows of ${steps} steps`)
  const ends = new Set(stop)
  const length = Int32Array.from({ length: tokens.length / steps }, (_, row) => {
    for (let t = 0; t < steps; t++) if (ends.has(tokens[row * steps + t])) return t + 1
    return steps
  })
  const past = (cell: number): boolean => cell % steps >= length[Math.floor(cell / steps)]
  return {
    tokens: Int32Array.from(tokens, (token, cell) => (past(cell) ? fill : token)),
    padding: Uint8Array.from(tokens, (_, cell) => (past(cell) ? 1 : 0)),
    length,
  }
}

/**
 * [rows] index of the last token that is not padding, counted from 0; 0 in a row of padding alone.
 *
 * @param padding [rows, steps] row-major, 1 (or true) for padding on the right
 */
export const lastValidIndex = (padding: ArrayLike<number | boolean>, steps: number): Int32Array =>
  Int32Array.from({ length: padding.length / steps }, (_, row) => {
    for (let t = steps - 1; t > 0; t--) if (Number(padding[row * steps + t]) === 0) return t
    return 0
  })

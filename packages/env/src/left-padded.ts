/** Sequences of one width, padded on the left. */
export interface LeftPadded {
  /** [rows, width] row-major */
  readonly tokens: Int32Array
  /** [rows] columns of padding */
  readonly pad: Int32Array
  readonly width: number
}

/**
 * Lays sequences out so that they end in the same column.
 *
 * @param width at least the longest's length; default that
 * @param fill  what stands before them; default 0
 * @throws RangeError where a sequence is longer than the width
 */
export const leftPadded = (
  sequences: readonly ArrayLike<number>[],
  { width, fill = 0 }: { readonly width?: number; readonly fill?: number } = {},
): LeftPadded => {
  const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0)
  const columns = width ?? longest
  if (longest > columns)
    throw new RangeError(`leftPadded: a sequence of ${longest} does not fit into ${columns} columns`)
  const tokens = new Int32Array(sequences.length * columns).fill(fill)
  sequences.forEach((sequence, row) => tokens.set(sequence, (row + 1) * columns - sequence.length))
  return { tokens, pad: Int32Array.from(sequences, ({ length }) => columns - length), width: columns }
}

/** Rows of tokens of which a mask says which are there. */
export interface MaskedRows {
  readonly tokens: readonly (readonly number[])[]
  /** 1 where there is a token, 0 for padding, wherever it is */
  readonly mask: readonly (readonly number[])[]
}

/**
 * The rows with their tokens at the left, in columns that any row has: what left-padded or gappy rows become before
 * they run, so that nothing is computed for columns of padding.
 *
 * @param pad goes into the padding; default 0
 * @see TRL `flush_left`
 */
export const flushLeft = ({ tokens, mask }: MaskedRows, pad = 0): MaskedRows => {
  const present = tokens.map((row, r) => row.filter((_, column) => mask[r]![column] !== 0))
  const width = present.reduce((most, row) => Math.max(most, row.length), 0)
  const filled = (row: readonly number[], rest: number): number[] => [
    ...row,
    ...Array.from({ length: width - row.length }, () => rest),
  ]
  return {
    tokens: present.map((row) => filled(row, pad)),
    mask: present.map((row) =>
      filled(
        row.map(() => 1),
        0,
      ),
    ),
  }
}

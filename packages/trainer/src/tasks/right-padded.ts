import { hostTensor } from '@gfnlm/jit'
import { bucketed } from '@gfnlm/policy'

/** Rows padded at the right to a width that batches share, so that they share a compiled graph, too. */
export interface RightPadded {
  readonly columns: number
  /** [rows, columns] int32; 0 in the padding */
  readonly tokens: ReturnType<typeof hostTensor>
  /** [rows] int32 the column after each row's last token */
  readonly end: ReturnType<typeof hostTensor>
}

/** Rows of tokens as one array of at least `width` columns. */
export const rightPadded = (rows: readonly Int32Array[], width = 0): RightPadded => {
  const columns = bucketed(rows.reduce((most, { length }) => Math.max(most, length), Math.max(1, width)))
  const tokens = new Int32Array(rows.length * columns)
  rows.forEach((row, r) => tokens.set(row, r * columns))
  return {
    columns,
    tokens: hostTensor(tokens, [rows.length, columns]),
    end: hostTensor(Int32Array.from(rows, ({ length }) => length)),
  }
}

import type { Trajectories } from '@gfnlm/env'
import { type HostTensor, hostTensor } from '@gfnlm/jit'

/** Rows of tokens as a policy takes them: prompts padded on the left, completions on the right. */
export interface PackedRows {
  readonly tokens: HostTensor
  readonly pad: HostTensor
  /** Columns that the prompts take, padding included. */
  readonly promptWidth: number
}

/** Lengths are padded to multiples of this at least. */
const SMALLEST = 8

/**
 * `n` rounded up so that a compiled graph serves many lengths: to a multiple of 8, from 64 on of a quarter of the
 * power of two below. At most a quarter is padding, and lengths up to 8192 need 36 graphs, not a thousand.
 */
export const bucketed = (n: number): number => {
  const step = Math.max(SMALLEST, 2 ** (Math.floor(Math.log2(Math.max(1, n))) - 2))
  return Math.max(1, Math.ceil(n / step)) * step
}

/**
 * Lays prompts and completions out in rows.
 *
 * @param prompts     one sequence of ids a row; longer than 0
 * @param completions [rows, width] row-major ids, already padded on the right
 */
export const packRows = (prompts: readonly Int32Array[], completions: Int32Array, width: number): PackedRows => {
  const rows = prompts.length
  const promptWidth = bucketed(Math.max(...prompts.map((p) => p.length)))
  const total = promptWidth + width
  const tokens = new Int32Array(rows * total)
  const pad = new Int32Array(rows)
  prompts.forEach((prompt, row) => {
    pad[row] = promptWidth - prompt.length
    tokens.set(prompt, row * total + pad[row]!)
    tokens.set(completions.subarray(row * width, (row + 1) * width), row * total + promptWidth)
  })
  return { tokens: hostTensor(tokens, [rows, total]), pad: hostTensor(pad), promptWidth }
}

/** The prompt of each row of a batch. */
export const promptsOf = (batch: Trajectories): Int32Array[] =>
  Array.from(batch.group, (g) => batch.prompts[g]!.tokens)

import type { Trajectories } from '@gfnlm/env'
import { type HostTensor, hostTensor } from '@gfnlm/jit'

/** Rows of tokens as a policy takes them: prompts padded on the left, completions on the right. */
export interface PackedRows {
  readonly tokens: HostTensor
  readonly pad: HostTensor
  /** Columns that the prompts take, padding included. */
  readonly promptWidth: number
}

/** Lengths are padded up to multiples of this, so that a compiled graph serves many prompts. */
export const BUCKET = 8

/** `n` rounded up to a multiple of the bucket. */
export const bucketed = (n: number): number => Math.ceil(Math.max(1, n) / BUCKET) * BUCKET

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

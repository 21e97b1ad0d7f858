import { type Weighted, selectRows } from '@gfnlm/env'
import type { Metrics } from '../events.ts'

/** Completions and what PPO learns from them, all of it settled when they were drawn: `ppoRollouts`. */
export interface Rollout extends Weighted {
  /** [rows, width] V(s_t), in units of reward; anything past the last choice */
  readonly value: Float32Array
  /** [rows, width] A_t, whitened over the batch; 0 past the last choice */
  readonly advantage: Float32Array
  /** [rows, width] what V(s_t) is to become: A_t before whitening, and V(s_t) */
  readonly returns: Float32Array
  /** What the batch says before anything is learned from it, under TRL's names. */
  readonly metrics: Metrics
}

/** The rollout of some of a rollout's rows, in the order given. Its metrics stay the whole's. */
export const selectRolloutRows = (rollout: Rollout, rows: readonly number[]): Rollout => {
  const { width, value, advantage, returns, metrics } = rollout
  const taken = (column: Float32Array): Float32Array => {
    const cells = new Float32Array(rows.length * width)
    rows.forEach((row, i) => cells.set(column.subarray(row * width, (row + 1) * width), i * width))
    return cells
  }
  return {
    ...selectRows(rollout, rows),
    value: taken(value),
    advantage: taken(advantage),
    returns: taken(returns),
    metrics,
  }
}

import type { Trajectories } from '@gfnlm/env'
import type { Rows } from './estimator.ts'

/** Completions that carry the log-probabilities of their tokens when they were sampled. */
export type Sampled = Rows & Pick<Trajectories, 'width' | 'length' | 'logPF' | 'logBehaviour'>

/**
 * [rows, width] log π(z_t | s_t) − log ρ(z_t | s_t) of the learned policy and the behaviour policy that drew the
 * token, nats: terminator included, NaN where either is not known, 0 past the end.
 */
export const tokenLogRatio = ({ rows, width, length, logPF, logBehaviour }: Sampled): Float64Array =>
  Float64Array.from({ length: rows * width }, (_, cell) =>
    cell % width <= length[Math.floor(cell / width)] ? logPF[cell] - logBehaviour[cell] : 0,
  )

/** [rows] Σ_t log π(z_t | s_t) − log ρ(z_t | s_t) over the whole completion, nats; NaN where a token's is not known. */
export const sequenceLogRatio = (batch: Sampled): Float64Array => {
  const tokens = tokenLogRatio(batch)
  return Float64Array.from({ length: batch.rows }, (_, row) =>
    tokens.subarray(row * batch.width, (row + 1) * batch.width).reduce((sum, ratio) => sum + ratio, 0),
  )
}

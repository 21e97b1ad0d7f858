import { type Estimator, byRow } from './estimator.ts'
import { type RatioOptions, known } from './importance-ratio.ts'
import type { Sampled } from './log-ratio.ts'

/** Completions that also carry how concentrated the policy was at each of their tokens. */
export type Concentrated = Sampled & {
  /** [rows, width] log Σ_v p(v | s_t)² at each token, nats */
  readonly logCollision: Float32Array
}

/**
 * Weighted preference optimisation's weight of a completion: how likely it is under the policy, token by token, beside
 * what the policy would say itself.
 *
 *   w = exp((1/n) Σ_t [log p(z_t | s_t) − log Σ_v p(v | s_t)²])
 *
 * A token's factor averages 1 over what the policy says itself, so that preferences collected from other models count
 * as far as they are on policy. The weight of a pair is the product of its two sides'.
 *
 * The columns are those of the policy that sampled; under the present policy, inside a loss step, it is
 * `wpoWeight` of @gfnlm/losses.
 *
 * @example reweight(wpo())
 * @see Zhou et al. 2024, arXiv:2406.11827; TRL DPOTrainer, use_weighting
 */
export const wpo =
  ({ unknown = 1 }: RatioOptions = {}): Estimator<Concentrated> =>
  (batch) => {
    const { width, length, logPF, logCollision } = batch
    return byRow(batch, (row) => {
      const tokens = length[row] + 1
      let sum = 0
      for (let cell = row * width; cell < row * width + tokens; cell++) sum += logPF[cell] - logCollision[cell]
      return known(Math.exp(sum / tokens), unknown)
    })
  }

import { type Estimator, byRow } from './estimator.ts'
import { type Sampled, sequenceLogRatio } from './log-ratio.ts'

/** The ratio itself, or what is given to rows that have none. */
export const known = (ratio: number, unknown: number): number => (Number.isNaN(ratio) ? unknown : ratio)

export interface RatioOptions {
  /** Weight of what has no log-probabilities (a dataset's rows, a replay buffer's); default 1. */
  readonly unknown?: number
}

/**
 * Importance ratio of the learned policy to the behaviour policy that drew the completion, both when sampled:
 *
 *   w = exp(Σ_t log π(z_t | s_t) − Σ_t log ρ(z_t | s_t))
 *
 * With it the mean over samples of a tempered or ε-uniform behaviour estimates the mean under the policy itself:
 * what a policy gradient needs, and what a GFlowNet loss may do without (any full-support behaviour has the same
 * optimum). Where the behaviour was truncated (top-k, top-p, min-p) it estimates the mean over what was left only.
 * Its variance grows with length: bound it (TRL masks what is above 3), or take `lengthNormalisedRatio`.
 *
 * @example reweight(importanceRatio(), masked({ max: 3 }))
 * @see TRL GRPOTrainer, vllm_importance_sampling_mode "sequence_mask", "sequence_truncate"
 */
export const importanceRatio =
  ({ unknown = 1 }: RatioOptions = {}): Estimator<Sampled> =>
  (batch) => {
    const logRatio = sequenceLogRatio(batch)
    return byRow(batch, (row) => known(Math.exp(logRatio[row]), unknown))
  }

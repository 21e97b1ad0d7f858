import { type RatioOptions, known } from './importance-ratio.ts'
import { type Sampled, tokenLogRatio } from './log-ratio.ts'
import type { TokenEstimator } from './token-estimator.ts'

/**
 * Importance ratio of each token, terminator included:
 *
 *   w_t = π(z_t | s_t) / ρ(z_t | s_t)
 *
 * It leaves the states as the behaviour visited them: biased, and of far less variance than the product over a
 * completion. Past the end it is 1.
 *
 * @example reweightTokens(tokenImportanceRatio(), truncated({ max: 2 }))
 * @see TRL GRPOTrainer, vllm_importance_sampling_mode "token_truncate", "token_mask"
 */
export const tokenImportanceRatio =
  ({ unknown = 1 }: RatioOptions = {}): TokenEstimator<Sampled> =>
  (batch) =>
    Float32Array.from(tokenLogRatio(batch), (logRatio) => known(Math.exp(logRatio), unknown))

import { type Estimator, byRow } from './estimator.ts'
import { type RatioOptions, known } from './importance-ratio.ts'
import { type Sampled, sequenceLogRatio } from './log-ratio.ts'

/**
 * Geometric mean of a completion's token ratios, terminator included:
 *
 *   w = exp((1/n) Σ_t log π(z_t | s_t) − log ρ(z_t | s_t))
 *
 * Biased, and of a variance that does not grow with length: completions of any length meet the same bounds.
 *
 * @see Zheng et al. 2025, GSPO, arXiv:2507.18071
 */
export const lengthNormalisedRatio =
  ({ unknown = 1 }: RatioOptions = {}): Estimator<Sampled> =>
  (batch) => {
    const logRatio = sequenceLogRatio(batch)
    return byRow(batch, (row) => known(Math.exp(logRatio[row] / (batch.length[row] + 1)), unknown))
  }

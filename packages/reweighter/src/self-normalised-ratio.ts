import type { Estimator } from './estimator.ts'
import type { RatioOptions } from './importance-ratio.ts'
import { type Sampled, sequenceLogRatio } from './log-ratio.ts'
import { type Grouped, normalisedPerPrompt } from './normalised-per-prompt.ts'

/**
 * Importance ratios of whole completions, self-normalised: divided by their mean over the kept rows of the prompt.
 *
 *   w_i = n_g ρ_i / Σ_{j in g} ρ_j,   ρ = exp(Σ_t log π − log ρ_b)
 *
 * Weights average 1 for each prompt whatever the lengths; computed from the logarithms, so no ratio overflows. To
 * normalise over all that a step accumulates instead, weigh with `importanceRatio` and reduce with `selfNormalised`.
 */
export const selfNormalisedRatio =
  ({ unknown = 1 }: RatioOptions = {}): Estimator<Sampled & Grouped> =>
  (batch) =>
    normalisedPerPrompt(sequenceLogRatio(batch), batch, unknown)

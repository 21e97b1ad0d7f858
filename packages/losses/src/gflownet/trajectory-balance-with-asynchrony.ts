import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { type Regression, squared } from './regression.ts'
import { type GroupedRelativeTrajectoryInputs, positive } from './relative.ts'
import { relativeVariance } from './relative-log-partition-variance.ts'

/**
 * Trajectory balance with asynchrony (TBA): the KL-regularised reward as a target, log Z estimated per prompt.
 *
 *   residual = log P_F(τ) − log prior(τ) − r(x) / β − mean of the same over the row's group,   term = residual²
 *
 * `logReward` of the batch is r, not divided by β; the target is prior(x) e^{r(x) / β}. Off policy it stays right, so
 * completions may come from older policies and from a replay buffer. Its gradient is −2 / (β N) of REINFORCE's with
 * the advantage A = r̂ − mean r̂, r̂ = r − β (log P_F − log prior). `relativeLogPartitionVariance` with 1 / β for β is
 * half of it.
 *
 * @param options.beta       weight of the divergence from the prior, default 0.01 (TBA anneals 0.012 → 0.004)
 * @param options.regression what a residual costs, default `squared`
 * @returns terms [rows], nats². Metrics: those of `trajectoryMetrics` (logReward: of the posterior), logZ, kl
 * @throws RangeError for a wrong shape or β ≤ 0
 * @see Bartoldson et al. 2025, arXiv:2503.18929
 * @example reduce(trajectoryBalanceWithAsynchrony({ beta: 0.01 })({ ...batch, referenceLogProb }), weight)
 */
export const trajectoryBalanceWithAsynchrony = (
  options: { readonly beta?: number; readonly regression?: Regression } = {},
): ((batch: GroupedRelativeTrajectoryInputs) => Terms) => {
  const name = 'trajectoryBalanceWithAsynchrony'
  const { beta, regression } = optionsOf(name, options, { beta: 0.01, regression: squared })
  return relativeVariance(name, 1 / positive(name, 'beta', beta), regression)
}

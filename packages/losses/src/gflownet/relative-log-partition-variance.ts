import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { logZOfGroups } from './log-z.ts'
import { type Regression, halfSquared } from './regression.ts'
import {
  type GroupedRelativeTrajectoryInputs,
  positive,
  posteriorOf,
  priorMetrics,
  readBesidePrior,
} from './relative.ts'
import type { RelativeTrajectoryBalanceOptions } from './relative-trajectory-balance.ts'
import { wholeTrajectoryTerms } from './whole-trajectory-terms.ts'

/** Log-partition variance towards a prior's posterior, whose log r is multiplied by `scale`. */
export const relativeVariance =
  (name: string, scale: number, regression: Regression): ((batch: GroupedRelativeTrajectoryInputs) => Terms) =>
  (given) => {
    const { batch, extent } = readBesidePrior(name, given)
    const whole = posteriorOf(batch, extent, scale)
    const logZ = logZOfGroups(whole, batch.group, extent)
    const { metrics, ...terms } = wholeTrajectoryTerms(logZ, whole, extent, regression, batch.group)
    return { ...terms, metrics: { ...metrics, ...priorMetrics(batch, whole, extent) } }
  }

/**
 * Relative log-partition variance: relative trajectory balance whose log Z is the batch's own estimate, one per prompt.
 *
 *   c = log prior(τ) + β log r(x) − log P_F(τ),   residual = mean of c over the row's group − c,   term = residual² / 2
 *
 * The mean is detached, as in `logPartitionVariance`; one group for all rows is torchgfn's
 * RelativeLogPartitionVarianceGFlowNet.
 *
 * @param options.beta       weight of the log reward, default 1
 * @param options.regression what a residual costs, default `halfSquared`
 * @returns terms [rows], nats². Metrics: those of `trajectoryMetrics` (logReward: of the posterior), logZ, kl
 * @throws RangeError for a wrong shape or β ≤ 0
 * @see Venkatraman et al. 2024, arXiv:2405.20971; torchgfn trajectory_balance.py
 * @example reduce(relativeLogPartitionVariance({ beta: 0.5 })({ ...batch, referenceLogProb }), weight)
 */
export const relativeLogPartitionVariance = (
  options: RelativeTrajectoryBalanceOptions = {},
): ((batch: GroupedRelativeTrajectoryInputs) => Terms) => {
  const name = 'relativeLogPartitionVariance'
  const { beta, regression } = optionsOf(name, options, { beta: 1, regression: halfSquared })
  return relativeVariance(name, positive(name, 'beta', beta), regression)
}

import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { type LogZ, logZByRow, readLogZ } from './log-z.ts'
import { type Regression, halfSquared } from './regression.ts'
import { type RelativeTrajectoryInputs, positive, posteriorOf, priorMetrics, readBesidePrior } from './relative.ts'
import { wholeTrajectoryTerms } from './whole-trajectory-terms.ts'

export interface RelativeTrajectoryBalanceInputs extends RelativeTrajectoryInputs {
  /** [] or [rows] learned log-partition of the rows' posteriors, nats. It trains like any parameter. */
  readonly logZ: LogZ
}

export interface RelativeTrajectoryBalanceOptions {
  readonly beta?: number
  readonly regression?: Regression
}

/**
 * Relative trajectory balance (RTB): trajectory balance towards the posterior of a prior under a reward.
 *
 *   residual = log Z + log P_F(τ) − log prior(τ) − β log r(x),   term = residual² / 2
 *
 * `logReward` of the batch is log r. β multiplies it, as in torchgfn's RelativeTrajectoryBalanceGFlowNet; papers on
 * KL-regularised rewards divide by their β instead (`trajectoryBalanceWithAsynchrony`).
 *
 * @param options.beta       weight of the log reward, default 1
 * @param options.regression what a residual costs, default `halfSquared`
 * @returns terms [rows], nats². Metrics: those of `trajectoryMetrics` (logReward: of the posterior), logZ, kl
 * @throws RangeError for a wrong shape or β ≤ 0
 * @see Venkatraman et al. 2024, arXiv:2405.20971; torchgfn trajectory_balance.py
 * @example reduce(relativeTrajectoryBalance({ beta: 0.5 })({ ...batch, referenceLogProb, logZ }), weight)
 */
export const relativeTrajectoryBalance = (
  options: RelativeTrajectoryBalanceOptions = {},
): ((batch: RelativeTrajectoryBalanceInputs) => Terms) => {
  const name = 'relativeTrajectoryBalance'
  const { beta, regression } = optionsOf(name, options, { beta: 1, regression: halfSquared })
  positive(name, 'beta', beta)
  return (given) => {
    const { batch, extent } = readBesidePrior(name, given, (of) => readLogZ(name, given.logZ, of))
    const logZ = logZByRow(batch.logZ, extent)
    const whole = posteriorOf(batch, extent, beta)
    const { metrics, ...terms } = wholeTrajectoryTerms(logZ, whole, extent, regression, batch.group)
    return { ...terms, metrics: { ...metrics, ...priorMetrics(batch, whole, extent) } }
  }
}

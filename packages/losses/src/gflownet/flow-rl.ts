import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { optionsOf } from '../options-of.ts'
import { finite } from '../ruled-out.ts'
import { sequenceSum } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { type LogZ, logZByRow, readLogZ } from './log-z.ts'
import { toldMean, trajectoryMetrics, varianceWithin } from './metrics.ts'
import { type Regression, squared } from './regression.ts'
import { type RelativeTrajectoryInputs, ofKept, positive, priorMetrics, readBesidePrior } from './relative.ts'
import { apart } from './sub-trajectories.ts'
import { terminationOf } from './termination-values.ts'

export interface FlowRLInputs extends RelativeTrajectoryInputs {
  /** [] or [rows] log Z_φ(x), learned: a head on the prompt, or a number for each. */
  readonly logZ: LogZ
  /** [rows] log-probability of the completion when it was drawn, nats: a constant. Absent or NaN: as now. */
  readonly oldLogProb?: tf.Tensor1D
}

export interface FlowRLOptions {
  readonly beta?: number
  readonly epsilon?: number
  readonly epsilonHigh?: number
  readonly regression?: Regression
}

/**
 * FlowRL: trajectory balance by the token, so that long reasoning does not drown the reward.
 *
 *   residual = log Z_φ + log P_F(τ) / |τ| − β r̂(x) − log prior(τ) / |τ|,   term = w · residual²
 *   w = sg clip(exp((log P_F(τ) − log P_old(τ)) / |τ|), 1 − ε_low, 1 + ε_high)
 *
 * |τ| counts the actions, the terminator too. `logReward` of the batch is r̂, the reward normalised within its prompt
 * (the paper's, as GRPO's). The residual is in nats a token: log Z is β times a mean reward, no log-partition. Of the
 * importance weights in FlowRL's code this is the clipped geometric mean.
 *
 * @param options.beta        weight of the normalised reward, default 15
 * @param options.epsilon     ε_low ≥ 0, default 0.2
 * @param options.epsilonHigh ε_high ≥ 0, default `epsilon`
 * @param options.regression  what a residual costs, default `squared`
 * @returns terms [rows]. Metrics: residual, absoluteResidual (nats a token), logPF, logReward, kl, logZ,
 *          importanceWeight, the mean of w, and given groups logRatioVariance, of the residual within a prompt
 * @throws RangeError for a wrong shape or option
 * @see Zhu et al. 2025, arXiv:2509.15207
 * @example reduce(flowRL({ beta: 15 })({ ...batch, referenceLogProb, oldLogProb, logZ }), weight)
 */
export const flowRL = (options: FlowRLOptions = {}): ((batch: FlowRLInputs) => Terms) => {
  const name = 'flowRL'
  const { beta, epsilon, epsilonHigh, regression } = optionsOf(name, options, {
    beta: 15,
    epsilon: 0.2,
    epsilonHigh: options.epsilon ?? 0.2,
    regression: squared,
  })
  positive(name, 'beta', beta)
  for (const [option, x] of Object.entries({ epsilon, epsilonHigh }))
    if (!(x >= 0)) throw new RangeError(`${name}: ${option} must be at least 0, found ${x}`)
  return (given) => {
    const { batch, extent } = readBesidePrior(name, given, (of) => {
      const anchor = readLogZ(name, given.logZ, of)
      if (given.oldLogProb === undefined) return anchor
      checkShape(name, 'oldLogProb', given.oldLogProb, { rows: of.rows })
      return { ...anchor, oldLogProb: of.kept }
    })
    const { kept, told, length } = extent
    const logZ = logZByRow(batch.logZ, extent)
    const whole = terminationOf(batch, extent)
    const byToken = (x: tf.Tensor1D): tf.Tensor1D => tf.div(x, tf.maximum(tf.add(length, 1), 1))

    const now = finite(detach(whole.logPF))
    const { oldLogProb = now } = batch
    const old = finite(tf.where(tf.isNaN(oldLogProb), now, oldLogProb))
    const weight = tf.clipByValue(tf.exp(byToken(tf.sub(now, old))), 1 - epsilon, 1 + epsilonHigh)
    const target = tf.add<tf.Tensor1D>(tf.mul(beta, whole.logReward), byToken(ofKept(batch.referenceLogProb, extent)))
    const end = tf.sub<tf.Tensor1D>(target, byToken(whole.logPF))
    const residual = apart<tf.Tensor1D>(tf.greater(kept, 0), logZ, end)
    const { share, mass } = sequenceSum(kept)
    return {
      terms: tf.mul(weight, regression(residual)),
      share,
      mass,
      metrics: {
        ...trajectoryMetrics({ residual, share }, whole, extent),
        ...(batch.group === undefined ? {} : { logRatioVariance: varianceWithin(end, batch.group, told) }),
        ...priorMetrics(batch, whole, extent),
        logZ: toldMean(logZ, told),
        importanceWeight: toldMean(weight, told),
      },
    }
  }
}

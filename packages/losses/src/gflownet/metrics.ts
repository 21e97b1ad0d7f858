import * as tf from '@tensorflow/tfjs-core'
import { orOne } from '../terms.ts'
import { groupMean } from './group-mean.ts'
import { endPotential } from './potentials.ts'
import type { Residuals } from './sub-trajectories.ts'
import type { TerminationValues } from './termination-values.ts'
import type { Extent } from './trajectory-inputs.ts'

/** Mean over the rows that tell something; 0 where none does. */
export const toldMean = (x: tf.Tensor1D, told: tf.Tensor1D): tf.Scalar =>
  tf.div(tf.sum(tf.where(tf.greater(told, 0), x, tf.zerosLike(x))), orOne(tf.sum(told)))

/** `residual` and `absoluteResidual`, nats: how far, and to which side, the batch is off balance. */
const residualMetrics = (
  { residual, share }: Pick<Residuals, 'residual' | 'share'>,
  told: tf.Tensor1D,
): Record<string, tf.Scalar> => {
  const ofRows = tf.reshape(told, [told.shape[0], ...residual.shape.slice(1).map(() => 1)])
  const counted = tf.mul(share, ofRows)
  const mean = (x: tf.Tensor): tf.Scalar => tf.div(tf.sum(tf.mul(counted, x)), orOne(tf.sum(counted)))
  return { residual: mean(residual), absoluteResidual: mean(tf.abs(residual)) }
}

/** Mean over the rows that tell something of the variance of `end` [rows] within their group, nats². */
export const varianceWithin = (end: tf.Tensor1D, group: tf.Tensor1D, told: tf.Tensor1D): tf.Scalar =>
  toldMean(tf.square(tf.sub(end, groupMean(end, group, told))), told)

/**
 * What every GFlowNet loss logs, of the kept rows that are not ruled out.
 *
 * `logPF`, `logReward`: means over the rows of whole trajectories, nats. `logRatioVariance` (given groups): mean over
 * the rows of the variance of log R − log P_F(τ) within their group. It is 0 exactly where the policy samples each
 * prompt's posterior on these trajectories, so it certifies training on line; pooled over prompts it would tend to
 * the variance of log Z between them instead.
 */
export const trajectoryMetrics = (
  found: Pick<Residuals, 'residual' | 'share'>,
  whole: TerminationValues,
  { told }: Pick<Extent, 'told'>,
  group?: tf.Tensor1D,
): Record<string, tf.Scalar> => ({
  ...residualMetrics(found, told),
  logPF: toldMean(whole.logPF, told),
  logReward: toldMean(whole.logReward, told),
  ...(group === undefined ? {} : { logRatioVariance: varianceWithin(endPotential(whole), group, told) }),
})

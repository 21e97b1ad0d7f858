import * as tf from '@tensorflow/tfjs-core'
import { orOne } from '../terms.ts'
import { finiteAmong, groupMean } from './group-mean.ts'
import { endPotential } from './potentials.ts'
import type { Residuals } from './sub-trajectories.ts'
import type { TerminationValues } from './termination-values.ts'

/** Mean over the rows that are kept. */
export const keptMean = (x: tf.Tensor1D, kept: tf.Tensor1D): tf.Scalar =>
  tf.div(tf.sum(tf.where(tf.greater(kept, 0), x, tf.zerosLike(x))), orOne(tf.sum(kept)))

/** `residual` and `absoluteResidual`, nats: how far, and to which side, the batch is off balance. */
const residualMetrics = ({ residual, share }: Pick<Residuals, 'residual' | 'share'>): Record<string, tf.Scalar> => ({
  residual: tf.sum(tf.mul(share, residual)),
  absoluteResidual: tf.sum(tf.mul(share, tf.abs(residual))),
})

/**
 * Mean over the kept rows of the variance of `end` [rows] within their group, nats². A row in which it is not finite
 * is in no group's mean, and makes the variance infinite.
 */
export const varianceWithin = (end: tf.Tensor1D, group: tf.Tensor1D, kept: tf.Tensor1D): tf.Scalar => {
  const live = finiteAmong(end, kept)
  const apart = tf.square<tf.Tensor1D>(tf.sub(end, groupMean(end, group, live)))
  return keptMean(tf.where<tf.Tensor1D>(tf.greater(live, 0), apart, tf.fill(apart.shape, Infinity)), kept)
}

/**
 * What every GFlowNet loss logs.
 *
 * `logPF`, `logReward`: means over the kept rows of whole trajectories, nats. `logRatioVariance` (given groups):
 * mean over the kept rows of the variance of log R − log P_F(τ) within their group. It is 0 exactly where the
 * policy samples each prompt's posterior on these trajectories, so it certifies training on line; pooled over
 * prompts it would tend to the variance of log Z between them instead.
 */
export const trajectoryMetrics = (
  found: Pick<Residuals, 'residual' | 'share'>,
  whole: TerminationValues,
  kept: tf.Tensor1D,
  group?: tf.Tensor1D,
): Record<string, tf.Scalar> => {
  return {
    ...residualMetrics(found),
    logPF: keptMean(whole.logPF, kept),
    logReward: keptMean(whole.logReward, kept),
    ...(group === undefined ? {} : { logRatioVariance: varianceWithin(endPotential(whole), group, kept) }),
  }
}

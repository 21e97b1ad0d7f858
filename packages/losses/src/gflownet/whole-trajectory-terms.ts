import type * as tf from '@tensorflow/tfjs-core'
import type { Terms } from '../terms.ts'
import { toldMean, trajectoryMetrics } from './metrics.ts'
import { endPotential } from './potentials.ts'
import type { Regression } from './regression.ts'
import { wholeTrajectories } from './sub-trajectories.ts'
import type { TerminationValues } from './termination-values.ts'
import type { Extent } from './trajectory-inputs.ts'

/**
 * What the losses on whole trajectories have in common: residual log Z + log P_F(τ) − log R(x) of each row, whatever
 * log Z is (learned, estimated) and whatever log R is (a reward, a prior times a reward).
 *
 * @param logZ [rows] nats
 */
export const wholeTrajectoryTerms = (
  logZ: tf.Tensor1D,
  whole: TerminationValues,
  extent: Extent,
  regression: Regression,
  group: tf.Tensor1D | undefined,
): Terms => {
  const found = wholeTrajectories(logZ, endPotential(whole), extent.kept, regression)
  return {
    terms: found.terms,
    share: found.share,
    mass: found.mass,
    metrics: { ...trajectoryMetrics(found, whole, extent, group), logZ: toldMean(logZ, extent.told) },
  }
}

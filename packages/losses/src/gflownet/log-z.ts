import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { finiteAmong, groupMean } from './group-mean.ts'
import { endPotential } from './potentials.ts'
import { type TerminationValues, terminationOf } from './termination-values.ts'
import { type TrajectoryInputs, extentOf } from './trajectory-inputs.ts'

/** A log-partition, nats: one for the batch, or one for each row (rows of one prompt given the same). */
export type LogZ = tf.Scalar | tf.Tensor1D

/** A batch whose rows are told apart by prompt. */
export interface GroupedTrajectoryInputs extends TrajectoryInputs {
  readonly group: tf.Tensor1D
}

/** [rows] of a log Z given as [] or [rows]. */
export const logZByRow = (caller: string, logZ: LogZ, rows: number): tf.Tensor1D => {
  if (logZ.shape.length !== 0) checkShape(caller, 'logZ', logZ, { rows })
  return tf.add(logZ as tf.Tensor1D, tf.zeros([rows]))
}

/**
 * [rows] the mean of log R − log P_F(τ) over the kept rows of each row's group; a constant. A row in which it is infinite
 * (a reward of 0, a token that was ruled out) is left out: it says nothing of the others' log Z.
 */
export const logZOfGroups = (whole: TerminationValues, group: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor1D => {
  const end = endPotential(whole)
  return detach(groupMean(end, group, finiteAmong(end, kept)))
}

/**
 * The estimate of log Z that needs no parameter: the mean of log R − log P_F(τ) over the trajectories of a prompt.
 * It is exact at balance and a lower bound in expectation before. No gradient flows through it. Rows in which it is
 * infinite are left out; 0 where there is no other.
 *
 * @returns [rows] the estimate of each row's group, nats
 * @see Richter et al. 2020, "VarGrad", arXiv:2010.10436
 * @example
 * // anchors the root where it may not stop, without a parameter
 * modifiedSubTrajectoryBalance({ minLength: 1 })({ ...batch, logZ: estimateLogZ(batch) })
 */
export const estimateLogZ = (batch: GroupedTrajectoryInputs): tf.Tensor1D => {
  const extent = extentOf('estimateLogZ', batch)
  return logZOfGroups(terminationOf(batch, extent), batch.group, extent.kept)
}

import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { groupMean } from './group-mean.ts'
import { endPotential } from './potentials.ts'
import { type Reads, readTrajectories } from './read-trajectories.ts'
import { type TerminationValues, terminationOf } from './termination-values.ts'
import type { Extent, TrajectoryInputs } from './trajectory-inputs.ts'

/** A log-partition, nats: one for the batch, or one for each row (rows of one prompt given the same). */
export type LogZ = tf.Scalar | tf.Tensor1D

/** A batch whose rows are told apart by prompt. */
export interface GroupedTrajectoryInputs extends TrajectoryInputs {
  readonly group: tf.Tensor1D
}

/** Checks a log Z that a loss reads: of `readTrajectories`, which gives it to each row and rules out those it is ±∞ in. */
export const readLogZ = (caller: string, logZ: LogZ, { rows, kept }: Extent): Reads => {
  if (logZ.shape.length !== 0) checkShape(caller, 'logZ', logZ, { rows })
  return { logZ: kept }
}

/** [rows] the log Z of a batch that was read. */
export const logZByRow = (logZ: LogZ, { rows }: Pick<Extent, 'rows'>): tf.Tensor1D => tf.reshape(logZ, [rows])

/**
 * [rows] the mean of log R − log P_F(τ) over the kept rows of each row's group; a constant. A row that is ruled out (a
 * reward of 0, a token that was forbidden) is left out: it says nothing of the others' log Z.
 */
export const logZOfGroups = (
  whole: TerminationValues,
  group: tf.Tensor1D,
  { told }: Pick<Extent, 'told'>,
): tf.Tensor1D => detach(groupMean(endPotential(whole), group, told))

/**
 * The estimate of log Z that needs no parameter: the mean of log R − log P_F(τ) over the trajectories of a prompt.
 * It is exact at balance and a lower bound in expectation before. No gradient flows through it. Rows that
 * are ruled out are left out; 0 where there is no other.
 *
 * @returns [rows] the estimate of each row's group, nats
 * @see Richter et al. 2020, "VarGrad", arXiv:2010.10436
 * @example
 * // anchors the root where it may not stop, without a parameter
 * modifiedSubTrajectoryBalance({ minLength: 1 })({ ...batch, logZ: estimateLogZ(batch) })
 */
export const estimateLogZ = (given: GroupedTrajectoryInputs): tf.Tensor1D => {
  const { batch, extent } = readTrajectories('estimateLogZ', given)
  return logZOfGroups(terminationOf(batch, extent), batch.group, extent)
}

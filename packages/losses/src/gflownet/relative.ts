import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { toldMean } from './metrics.ts'
import { type ReadTrajectories, type Reads, readTrajectories } from './read-trajectories.ts'
import { type TerminationValues, terminationOf } from './termination-values.ts'
import type { Extent, TrajectoryInputs } from './trajectory-inputs.ts'

/** A batch beside what a frozen prior (the reference model) says of it. */
export interface RelativeTrajectoryInputs extends TrajectoryInputs {
  /**
   * [rows] log-probability of the whole completion under the prior, terminator included, nats: a constant. The prior
   * must know the same masks as the policy (illegal tokens, minimum length, forced leaf).
   */
  readonly referenceLogProb: tf.Tensor1D
}

/** The same with rows told apart by prompt. */
export interface GroupedRelativeTrajectoryInputs extends RelativeTrajectoryInputs {
  readonly group: tf.Tensor1D
}

/** A batch beside its prior, checked; rows that either rules out are ruled out. */
export const readBesidePrior = <Batch extends RelativeTrajectoryInputs>(
  caller: string,
  given: Batch,
  reads: (extent: Extent) => Reads = () => ({}),
): ReadTrajectories<Batch> =>
  readTrajectories(caller, given, (extent) => {
    checkShape(caller, 'referenceLogProb', given.referenceLogProb, { rows: extent.rows })
    return { referenceLogProb: extent.kept, ...reads(extent) }
  })

/** A posterior as a target: log R(x) = log prior(x) + scale · log r(x); what a policy is asked to sample from. */
export const posteriorOf = (batch: RelativeTrajectoryInputs, extent: Extent, scale: number): TerminationValues => {
  const whole = terminationOf(batch, extent)
  return { ...whole, logReward: tf.add(tf.mul(scale, whole.logReward), ofKept(batch.referenceLogProb, extent)) }
}

/** x in the rows that count, 0 in the others. */
export const ofKept = (x: tf.Tensor1D, { kept }: Extent): tf.Tensor1D =>
  tf.where(tf.greater(kept, 0), x, tf.zerosLike(x))

/** `kl`: mean of log P_F(τ) − log prior(τ) over the rows that are not ruled out, nats; on policy an estimate of the divergence. */
export const priorMetrics = (
  { referenceLogProb }: RelativeTrajectoryInputs,
  { logPF }: TerminationValues,
  extent: Extent,
): Readonly<Record<string, tf.Scalar>> => ({
  kl: toldMean(tf.sub(logPF, ofKept(referenceLogProb, extent)), extent.told),
})

/** A finite number above 0, or a RangeError that names it. */
export const positive = (caller: string, name: string, x: number): number => {
  if (!(x > 0 && x < Infinity)) throw new RangeError(`${caller}: ${name} must be a number above 0, found ${x}`)
  return x
}

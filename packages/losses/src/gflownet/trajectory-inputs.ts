import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'

/**
 * A batch of completions as every GFlowNet loss takes it. Column t is the state s_t after t generated tokens; a
 * completion of l tokens has the states 0..l and stops in s_l. Padding may hold anything, NaN included: neither a
 * value nor a gradient sees it. All in nats.
 */
export interface TrajectoryInputs {
  /** [rows, states] learned log P_F(z_{t+1} | s_t) of the token taken; read where t < length. */
  readonly logPF: tf.Tensor2D
  /** [rows, states] learned log P_F(⊤ | s_t) of stopping; 0 at a forced leaf. */
  readonly logPTerm: tf.Tensor2D
  /** [rows, states] log R(s_t ⊤), already tempered. Losses on whole trajectories read column `length` only. */
  readonly logReward: tf.Tensor2D
  /** [rows, states] 1 for the states that exist, t ≤ length, and so a prefix of the row: only its ones are counted. */
  readonly valid: tf.Tensor2D
  /** [rows] above 0 or not: where the reward failed (or no state is valid) the row is in no loss and no metric. */
  readonly keep: tf.Tensor1D
  /** [rows] int32: rows with the same number share a prompt, hence a partition function. */
  readonly group?: tf.Tensor1D
}

/** The part of a batch that exists. Masks are bool; a row that is not kept has no state. */
export interface Extent {
  readonly rows: number
  readonly states: number
  /** [rows] number of tokens; −1 for a row that is not kept. */
  readonly length: tf.Tensor1D
  /** [rows] 1 for the rows that count, float32. */
  readonly kept: tf.Tensor1D
  /** [rows] 1 for those of them that are not ruled out: of these metrics and groups tell. */
  readonly told: tf.Tensor1D
  /** [rows, states] t ≤ length */
  readonly exists: tf.Tensor2D
  /** [rows, states] t < length: a token was taken here. */
  readonly taken: tf.Tensor2D
  /** [rows, states] t = length: the completion stops here. */
  readonly last: tf.Tensor2D
}

/** [1, count] the numbers 0, 1, 2, … as a constant. */
export const range = (count: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: count }, (_, t) => t),
    [1, count],
  )

/** [rows, states] 1 where t ≤ length: the `valid` of completions of the given lengths [rows]. */
export const statesUpTo = (length: tf.Tensor1D, states: number): tf.Tensor2D =>
  tf.cast(tf.lessEqual(range(states), tf.expandDims(tf.cast(length, 'float32'), 1)), 'float32')

/** Checks the shapes of a batch (throws a RangeError that names the argument) and finds what of it exists. */
export const extentOf = (caller: string, batch: TrajectoryInputs): Extent => {
  checkRank(caller, 'logPF', batch.logPF, ['rows', 'states'])
  const [rows, states] = batch.logPF.shape
  checkShape(caller, 'logPTerm', batch.logPTerm, { rows, states })
  checkShape(caller, 'logReward', batch.logReward, { rows, states })
  checkShape(caller, 'valid', batch.valid, { rows, states })
  checkShape(caller, 'keep', batch.keep, { rows })
  if (batch.group !== undefined) checkShape(caller, 'group', batch.group, { rows })

  const above0 = (x: tf.Tensor): tf.Tensor => tf.cast(tf.greater(tf.cast(x, 'float32'), 0), 'float32')
  const found = tf.sum<tf.Tensor1D>(above0(batch.valid), 1)
  const kept = tf.mul<tf.Tensor1D>(above0(batch.keep), above0(found))
  const length = tf.sub<tf.Tensor1D>(tf.mul(kept, found), 1)
  const t = range(states)
  const stop = tf.expandDims<tf.Tensor2D>(length, 1)
  return {
    rows,
    states,
    length,
    kept,
    told: kept,
    exists: tf.lessEqual(t, stop),
    taken: tf.less(t, stop),
    last: tf.equal(t, stop),
  }
}

/** x where the mask holds, else 0: chosen, not multiplied, so that what lies outside may be NaN. */
export const only = (mask: tf.Tensor2D, x: tf.Tensor2D): tf.Tensor2D => tf.where(mask, x, tf.zeros(x.shape))

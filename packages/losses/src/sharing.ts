import * as tf from '@tensorflow/tfjs-core'
import { orOne } from './terms.ts'

/** How the terms of a batch share its loss, and what the batch counts for beside others: see `Terms`. */
export interface Shares {
  readonly share: tf.Tensor
  readonly rowShare?: tf.Tensor1D
  readonly mass: tf.Scalar
}

/**
 * Normalisation as a choice of its own: which terms count (a mask of 0 and 1, [rows] or [rows, steps]) → the share of
 * each. Losses that have tokens take one.
 *
 * | name | loss | who calls it what |
 * |---|---|---|
 * | `tokenMean` | Σ terms / tokens of the batch | SFT; TRL `dapo`, `bnpo` |
 * | `sequenceMean` | mean over rows of the mean over a row's tokens | TRL `grpo`, RLOO by token |
 * | `sequenceSum` | mean over rows of the sum over a row's tokens | REINFORCE, sequence log-probs |
 * | `fixedLength(n)` | Σ terms / (n · rows) | Dr. GRPO; no bias towards short or long |
 *
 * A row without a token counts nowhere but in `fixedLength`'s rows, so that padding a batch with such rows leaves its
 * loss as it is. TRL's `grpo` counts it: its mean over rows takes a row of no token for one of loss 0, so that the loss
 * of n rows of which m have tokens is m / n of `sequenceMean`'s.
 */
export type Sharing = (mask: tf.Tensor) => Shares

const counted = (mask: tf.Tensor): tf.Tensor => tf.cast(tf.greater(tf.cast(mask, 'float32'), 0), 'float32')

const alongRow = (mask: tf.Tensor): tf.Tensor => (mask.rank === 1 ? mask : tf.sum(mask, -1, true))

const byRow = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [x.shape[0]!])

/** Every term alike, whatever row it is of. */
export const tokenMean: Sharing = (mask) => {
  const count = counted(mask)
  const mass = tf.sum<tf.Scalar>(count)
  return { share: tf.div(count, orOne(mass)), rowShare: byRow(tf.div(alongRow(count), orOne(mass))), mass }
}

/** 1 for each row that has a term, [rows] or [rows, 1], and how many there are. */
const rowsThatCount = (count: tf.Tensor): { readonly present: tf.Tensor; readonly mass: tf.Scalar } => {
  const present = tf.cast(tf.greater(alongRow(count), 0), 'float32')
  return { present, mass: tf.sum<tf.Scalar>(present) }
}

/** Every row alike, and within a row every term. */
export const sequenceMean: Sharing = (mask) => {
  const count = counted(mask)
  const { present, mass } = rowsThatCount(count)
  const share = tf.div(tf.div(count, orOne(alongRow(count))), orOne(mass))
  return { share, rowShare: byRow(tf.div(present, orOne(mass))), mass }
}

/** Every row alike; within a row its terms add up. */
export const sequenceSum: Sharing = (mask) => {
  const count = counted(mask)
  const { present, mass } = rowsThatCount(count)
  return { share: tf.div(count, orOne(mass)), rowShare: byRow(tf.div(present, orOne(mass))), mass }
}

/** Every term by the same constant, which no length enters: 1 / (length · rows), rows without a token included. */
export const fixedLength = (length: number): Sharing => {
  if (!(length > 0 && length < Infinity)) throw new RangeError(`fixedLength: length must be above 0, found ${length}`)
  return (mask) => {
    const rows = mask.shape[0]!
    return {
      share: tf.div(counted(mask), length * rows),
      rowShare: tf.fill([rows], 1 / rows),
      mass: tf.scalar(rows),
    }
  }
}

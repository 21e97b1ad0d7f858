import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from './check-shape.ts'
import { detach } from './detach.ts'

/**
 * What a loss returns: its terms unreduced, and the share that each has in the batch's loss.
 *
 * The batch's loss at unit weights is Σ share · term. Where it is a mean of terms the shares of a batch sum to 1, or to
 * 0 where nothing in it can be learned from; where terms of a row add up they do not. Normalisation (over the batch,
 * within a trajectory, over tokens) lives in the shares alone, so that a reducer and a reweighter mean the same for
 * every loss.
 */
export interface Terms {
  /** [rows] or [rows, …] loss of each residual, nats² for the squared regression; 0 where there is none. */
  readonly terms: tf.Tensor
  /** Same shape: constant with respect to the parameters. */
  readonly share: tf.Tensor
  /**
   * [rows] how much of the batch each row is: sums to 1, or to 0 where nothing in it can be learned from. Absent: the
   * sum of the row's shares.
   */
  readonly rowShare?: tf.Tensor1D
  /**
   * What the batch counts for beside others (its tokens, its rows): the loss of several batches as one is
   * Σ mass · loss / Σ mass, which is how gradients are accumulated. Constant with respect to the parameters.
   */
  readonly mass: tf.Scalar
  /** Scalars worth logging, means weighted by share unless the name says otherwise. */
  readonly metrics: Readonly<Record<string, tf.Scalar>>
}

/** The scalar to minimise, and what the batch counts for when batches are accumulated: Σ mass · loss / Σ mass. */
export interface Reduced {
  readonly loss: tf.Scalar
  readonly mass: tf.Scalar
}

/** Masses are added in fp32, and multiplied with losses: with 1e12, too, that of a residual that was ruled out. */
export const MOST_MASS = 1e24

/** Combines terms with a weight for each row [rows]. Weights are constants: nothing flows into them. */
export type Reducer = (terms: Terms, weight: tf.Tensor1D) => Reduced

const perRow = (x: tf.Tensor): tf.Tensor1D =>
  x.rank === 1
    ? (x as tf.Tensor1D)
    : tf.sum(
        x,
        Array.from({ length: x.rank - 1 }, (_, axis) => axis + 1),
      )

/** [rows] weights as they count: one that is NaN or infinite is no weight, and leaves its row out as 0 does. */
export const countedWeight = (weight: tf.Tensor1D): tf.Tensor1D =>
  tf.where(tf.less(tf.abs(detach(weight)), Infinity), weight, tf.zerosLike(weight))

/**
 * Σ_rows weight · Σ share · term: weight 1 leaves the loss as it is to the bit, weight 0 takes a row out exactly, even
 * one whose term is not a number (`gateRows` keeps its derivative out, too), and weights need not sum to anything. A
 * weight that is no number counts as 0. The mass is the batch's, whatever the weights.
 */
export const weightedSum: Reducer = ({ terms, share, mass }, weight) => {
  checkShape('reduce', 'weight', weight, { rows: terms.shape[0]! })
  const counted = countedWeight(weight)
  const weighted = tf.mul<tf.Tensor1D>(counted, perRow(tf.mul(share, terms)))
  return { loss: tf.sum(tf.where(tf.notEqual(counted, 0), weighted, tf.zerosLike(weighted))), mass }
}

/**
 * Σ_rows weight · Σ share · term / Σ_rows weight · rowShare: a weighted mean, indifferent to the scale of the weights
 * (self-normalised importance sampling: less variance, some bias). Equal weights give the loss as it is, and 0 when
 * every weight is 0. The mass counts the weights, so that accumulated batches are normalised by the weights of all; like
 * every mass it stops at 1e24.
 */
export const selfNormalised: Reducer = (given, weight) => {
  const { loss } = weightedSum(given, weight)
  const total = tf.sum<tf.Scalar>(tf.mul(countedWeight(weight), given.rowShare ?? perRow(given.share)))
  return { loss: tf.div(loss, orOne(total)), mass: tf.clipByValue(tf.mul(given.mass, total), -MOST_MASS, MOST_MASS) }
}

/**
 * The loss of one batch.
 *
 * @example
 * const loss = reduce(modifiedSubTrajectoryBalance({ lambda: 1 })(batch), batch.weight)
 */
export const reduce = (terms: Terms, weight: tf.Tensor1D, reducer: Reducer = weightedSum): tf.Scalar =>
  reducer(terms, weight).loss

/** A denominator that is 1 where it would be 0 (its numerator is 0 there, too). */
export const orOne = <T extends tf.Tensor>(total: T): T => tf.add(total, tf.cast(tf.equal(total, 0), 'float32')) as T

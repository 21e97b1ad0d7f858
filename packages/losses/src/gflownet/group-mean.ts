import * as tf from '@tensorflow/tfjs-core'

/** [rows, rows] 1 at [a, b] where b is kept and shares a's group: no number of groups need be known to a graph. */
const membership = (group: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor2D =>
  tf.mul(tf.cast(tf.equal(tf.expandDims(group, 1), tf.expandDims(group, 0)), 'float32'), tf.expandDims(kept, 0))

/**
 * The mean over each row's group, for each row.
 *
 * @param x      [rows] finite, in dropped rows too
 * @param group  [rows] int32: rows of equal number are one group
 * @param kept   [rows] 0 leaves a row out of the mean
 * @returns [rows]; 0 for a row whose group has no kept member
 */
export const groupMean = (x: tf.Tensor1D, group: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor1D => {
  const member = membership(group, kept)
  const size = tf.sum(member, 1)
  const safe = tf.maximum(size, 1)
  return tf.div(tf.sum(tf.mul(member, tf.expandDims(x, 0)), 1), safe)
}

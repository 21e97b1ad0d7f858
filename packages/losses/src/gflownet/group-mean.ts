import * as tf from '@tensorflow/tfjs-core'

/** [rows, rows] bool: b is kept and shares a's group, at [a, b]. No number of groups need be known to a graph. */
export const membership = (group: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor2D => {
  const same = tf.cast(tf.equal(tf.expandDims(group, 1), tf.expandDims(group, 0)), 'float32')
  return tf.greater(tf.mul(same, tf.expandDims(kept, 0)), 0)
}

/**
 * The mean over each row's group, for each row.
 *
 * @param x      [rows] anything in dropped rows; what is not finite stays within its group
 * @param group  [rows] int32: rows of equal number are one group
 * @param kept   [rows] 0 leaves a row out of the mean
 * @returns [rows]; 0 for a row whose group has no kept member
 */
export const groupMean = (x: tf.Tensor1D, group: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor1D => {
  const member = membership(group, kept)
  const size = tf.maximum(tf.sum(tf.cast(member, 'float32'), 1), 1)
  const [rows] = x.shape
  return tf.div(tf.sum(tf.where(member, tf.expandDims(x, 0), tf.zeros([rows, rows])), 1), size)
}

/**
 * x less the mean of its row's group: how much better than its prompt's other completions. Gradients flow through both.
 *
 * @param x     [rows]
 * @param group [rows] int32
 * @param kept  [rows] 0 leaves a row out of the mean and makes it 0
 * @returns [rows]
 */
export const groupCentred = (x: tf.Tensor1D, group: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor1D =>
  tf.where(tf.greater(kept, 0), tf.sub(x, groupMean(x, group, kept)), tf.zerosLike(x))

import * as tf from '@tensorflow/tfjs-core'

/** [rows] how many rows come before each in ascending order: equals as they stand, rows that are not kept last. */
const rank = (x: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor1D => {
  const [rows] = x.shape
  const key = tf.where(kept, x, tf.fill([rows], Infinity))
  const index = tf.range(0, rows)
  const [mine, other] = [tf.expandDims(key, 1), tf.expandDims(key, 0)]
  const earlier = tf.less(tf.expandDims(index, 0), tf.expandDims(index, 1))
  const before = tf.logicalOr(tf.less(other, mine), tf.logicalAnd(tf.equal(other, mine), earlier))
  return tf.sum(tf.cast(before, 'float32'), 1)
}

/**
 * For each row the y that has the rank among the ys that the row's x has among the xs: optimal transport in one
 * dimension. Gradients go back to where each y came from. O(rows²), since tfjs's own sort has no gradient.
 *
 * @param x    [rows] finite
 * @param y    [rows] finite
 * @param kept [rows] bool: rows that are not kept match each other
 */
export const ofSameRank = (x: tf.Tensor1D, y: tf.Tensor1D, kept: tf.Tensor1D): tf.Tensor1D => {
  const matched = tf.equal(tf.expandDims(rank(x, kept), 1), tf.expandDims(rank(y, kept), 0))
  return tf.sum(tf.mul(tf.cast(matched, 'float32'), tf.expandDims(y, 0)), 1)
}

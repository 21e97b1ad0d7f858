import * as tf from '@tensorflow/tfjs-core'

/**
 * Of the products x · Wᵀ those of some rows of W: out[i, j] = x[i] · W[ids[i, j]].
 *
 * @param x [n, width]
 * @param weight [rows, width]
 * @param ids [n, k] int32
 * @returns [n, k]
 */
export const rowProducts = (x: tf.Tensor2D, weight: tf.Tensor2D, ids: tf.Tensor2D): tf.Tensor2D =>
  tf.squeeze(tf.matMul(tf.expandDims(x, 1), tf.gather(weight, ids), false, true), [1])

import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { KeysValues, Past } from './attention.ts'

/**
 * softmax(q · kᵀ / √headDim + bias) · v of one fresh column a row over it and the row's own past: what a decoding step
 * spends besides the weights, so the fresh column is a sum and not a product of matrices of one row each, and the
 * scores are scaled when they are joined, because products of one row are fast only unscaled.
 *
 * @param q [rows, heads, 1, headDim]
 * @returns [rows, heads, 1, headDim]
 */
export const attendOne = ({ heads, kvHeads, headDim }: DecoderConfig, q: tf.Tensor4D, fresh: KeysValues, past: Past): tf.Tensor4D => {
  const [rows, , capacity] = past.k.shape
  const queries = tf.reshape(q, [rows, kvHeads, heads / kvHeads, headDim])
  const remembered = tf.add(tf.matMul(queries, past.k, false, true), past.bias)
  const own = tf.sum(tf.mul(queries, fresh.k), -1, true)
  const all = tf.softmax(tf.mul(tf.concat([remembered, own], -1), headDim ** -0.5))
  const [before, now] = tf.split(all, [capacity, 1], -1)
  return tf.reshape(tf.add(tf.matMul(before!, past.v), tf.mul(now!, fresh.v)), [rows, heads, 1, headDim])
}

import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { KeysValues, Past } from './attention.ts'
import { capped } from './capped.ts'

/**
 * softmax(cap(q · kᵀ · scoreScale) + bias) · v of one fresh column a row over it and the row's own past: what a
 * decoding step spends besides the weights, so the fresh column is a sum and not a product of matrices of one row
 * each, and the scores are scaled when they are joined, because products of one row are fast only unscaled.
 *
 * @param q [rows, heads, 1, headDim]
 * @returns [rows, heads, 1, headDim]
 */
export const attendOne = (config: DecoderConfig, q: tf.Tensor4D, fresh: KeysValues, past: Past): tf.Tensor4D => {
  const { heads, kvHeads, headDim, scoreScale, scoreCap } = config
  const [rows, , capacity] = past.k.shape
  const queries = tf.reshape(q, [rows, kvHeads, heads / kvHeads, headDim])
  const remembered = tf.matMul(queries, past.k, false, true)
  const own = tf.sum(tf.mul(queries, fresh.k), -1, true)
  const scores = capped(tf.mul(tf.concat([remembered, own], -1), scoreScale), scoreCap)
  // It sees itself: the same bias for all layers, so that a compiled graph has it once.
  const bias = tf.concat([past.bias, tf.zeros([past.bias.shape[0], 1, 1, 1])], -1)
  const [before, now] = tf.split(tf.softmax(tf.add(scores, bias)), [capacity, 1], -1)
  return tf.reshape(tf.add(tf.matMul(before!, past.v), tf.mul(now!, fresh.v)), [rows, heads, 1, headDim])
}

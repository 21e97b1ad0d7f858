import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { KeysValues, Past } from './attention.ts'
import { timesPast } from './beside-past.ts'
import { capped } from './capped.ts'

/**
 * softmax(cap(q · kᵀ · scoreScale) + bias) · v of one fresh column a row over it and what the row has behind it: what a
 * decoding step spends besides the weights, so the fresh column is a sum and not a product of matrices of one row
 * each, and the scores are scaled when they are joined, because products of one row are fast only unscaled.
 *
 * @param q [rows, heads, 1, headDim]
 * @returns [rows, heads, 1, headDim]
 */
export const attendOne = (
  config: DecoderConfig,
  q: tf.Tensor4D,
  fresh: KeysValues,
  pasts: readonly Past[],
): tf.Tensor4D => {
  const { heads, kvHeads, headDim, scoreScale, scoreCap } = config
  const rows = q.shape[0]
  const groups = heads / kvHeads
  const folded = (x: tf.Tensor): tf.Tensor4D => tf.reshape(x, [rows, kvHeads, groups, x.shape.at(-1)!])
  const queries = folded(q)
  const remembered = pasts.map(({ k }) => folded(timesPast(q, k, true)))
  const own = tf.sum(tf.mul(queries, fresh.k), -1, true)
  const scores = capped(tf.mul(tf.concat([...remembered, own], -1), scoreScale), scoreCap)
  // It sees itself: the same bias for all layers, so that a compiled graph has it once.
  const bias = tf.concat([...pasts.map((past) => past.bias), tf.zeros([pasts[0]!.bias.shape[0], 1, 1, 1])], -1)
  const weights = tf.split(tf.softmax(tf.add(scores, bias)), [...pasts.map(({ k }) => k.shape[2]), 1], -1)
  const recalled = pasts.map(({ k, v }, i) =>
    folded(timesPast(tf.reshape(weights[i]!, [rows, heads, 1, k.shape[2]]), v, false)),
  )
  const mixed = recalled.reduceRight<tf.Tensor>((sum, x) => tf.add(x, sum), tf.mul(weights.at(-1)!, fresh.v))
  return tf.reshape(mixed, [rows, heads, 1, headDim])
}

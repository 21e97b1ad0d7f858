import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { linear } from './linear.ts'
import type { Model } from './parameters.ts'
import { type Rotation, rotate } from './rope.ts'

/** Keys and values [rows, kvHeads, columns, headDim] of one layer. */
export interface KeysValues {
  readonly k: tf.Tensor4D
  readonly v: tf.Tensor4D
}

/** Earlier columns held in a cache, and which of them each row sees: bias [rows, 1, 1, capacity]. */
export interface Past extends KeysValues {
  readonly bias: tf.Tensor4D
}

/** What attention needs besides its input; the same for every layer but `past`. */
export interface AttentionContext {
  readonly rows: number
  readonly width: number
  readonly rotation: Rotation | undefined
  /** [rows, 1, width, width], or undefined when the only fresh column sees itself. */
  readonly bias: tf.Tensor4D | undefined
  readonly past: Past | undefined
}

/** Projects [rows · width, hidden] to queries, keys and values [rows, heads, width, headDim], positions applied. */
const project = (model: Model, at: (name: string) => string, x: tf.Tensor2D, context: AttentionContext) => {
  const { heads, kvHeads, headDim, names } = model.config
  const { rows, width, rotation } = context
  const byHead = (flat: tf.Tensor2D, count: number): tf.Tensor4D =>
    tf.transpose(tf.reshape(flat, [rows, width, count, headDim]), [0, 2, 1, 3])
  const { attention } = names
  const [q, k, v] = (
    'qkv' in attention
      ? tf.split(byHead(linear(model, at(attention.qkv), x), heads + 2 * kvHeads), [heads, kvHeads, kvHeads], 1)
      : [
          byHead(linear(model, at(attention.q), x), heads),
          byHead(linear(model, at(attention.k), x), kvHeads),
          byHead(linear(model, at(attention.v), x), kvHeads),
        ]
  ) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
  const turn = (t: tf.Tensor4D): tf.Tensor4D => (rotation === undefined ? t : rotate(t, rotation))
  return { q: turn(q), k: turn(k), v }
}

/**
 * softmax(q · kᵀ / √headDim + bias) · v over the fresh columns and, when decoding, a cache.
 *
 * Queries that share a key-value head are folded into its rows, so nothing is repeated: [rows, heads, width, d] is
 * [rows, kvHeads, groups · width, d] in memory. The cache is read where it lies: only its scores are joined with the
 * fresh ones.
 */
const attend = (config: DecoderConfig, q: tf.Tensor4D, fresh: KeysValues, context: AttentionContext): tf.Tensor4D => {
  const { heads, kvHeads, headDim } = config
  const { rows, width, bias, past } = context
  const folded = [rows, kvHeads, (heads / kvHeads) * width] as const
  const query = tf.reshape(tf.mul(q, headDim ** -0.5), [...folded, headDim])
  const scores = (k: tf.Tensor4D, hidden: tf.Tensor4D | undefined): tf.Tensor4D => {
    const seen = tf.reshape(tf.matMul(query, k, false, true), [rows, heads, width, k.shape[2]])
    return hidden === undefined ? (seen as tf.Tensor4D) : tf.add(seen, hidden)
  }
  const weighted = (weights: tf.Tensor, v: tf.Tensor4D): tf.Tensor4D =>
    tf.matMul(tf.reshape(weights, [...folded, v.shape[2]]) as tf.Tensor4D, v)

  const here = scores(fresh.k, bias)
  const unfold = (t: tf.Tensor4D): tf.Tensor4D => tf.reshape(t, [rows, heads, width, headDim])
  if (past === undefined) return unfold(weighted(tf.softmax(here), fresh.v))
  const all = tf.softmax(tf.concat([scores(past.k, past.bias), here], -1))
  const [before, now] = tf.split(all, [past.k.shape[2], fresh.k.shape[2]], -1)
  return unfold(tf.add(weighted(before!, past.v), weighted(now!, fresh.v)))
}

/** Self-attention of one layer: [rows · width, hidden] → the same, and the fresh keys and values. */
export const attention = (
  model: Model,
  at: (name: string) => string,
  x: tf.Tensor2D,
  context: AttentionContext,
): { readonly out: tf.Tensor2D; readonly fresh: KeysValues } => {
  const { rows, width } = context
  const { heads, headDim, names } = model.config
  const { q, ...fresh } = project(model, at, x, context)
  const mixed = tf.transpose(attend(model.config, q, fresh, context), [0, 2, 1, 3])
  const out = linear(model, at(names.attentionOut), tf.reshape(mixed, [rows * width, heads * headDim]))
  return { out, fresh }
}

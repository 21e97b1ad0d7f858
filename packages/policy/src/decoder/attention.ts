import { softmaxMatMul } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { Columns } from '../policy.ts'
import { attendOne } from './attend-one.ts'
import { timesPast } from './beside-past.ts'
import { capped } from './capped.ts'
import { linear } from './linear.ts'
import { norm } from './norm.ts'
import type { Model } from './parameters.ts'
import { type Rotation, rotate } from './rope.ts'

/** Keys and values [rows, kvHeads, columns, headDim] of one layer. */
export interface KeysValues {
  readonly k: tf.Tensor4D
  readonly v: tf.Tensor4D
}

/**
 * Earlier columns [pastRows, kvHeads, capacity, headDim], and which of them each row sees: bias [rows, 1, 1, capacity],
 * or [rows, 1, width, capacity] where it is not the same for all of a row's queries. Where pastRows is less than rows,
 * equal runs of rows share a past.
 */
export interface Past extends KeysValues {
  readonly bias: tf.Tensor4D
}

/** What attention needs besides its input; the same for every layer but `pasts`. */
export interface AttentionContext {
  readonly rows: number
  readonly width: number
  readonly rotation: Rotation | undefined
  /** [rows, 1, width, width], or undefined when the only fresh column sees itself. */
  readonly bias: tf.Tensor4D | undefined
  /** What the rows have behind them, in the order of their columns. */
  readonly pasts: readonly Past[]
  /** Fresh columns whose outputs are wanted; all of them are keys and values. */
  readonly columns: Columns
}

/** The columns of [rows or 1, heads, width, d]; itself where all are meant. */
const onlyColumns = (x: tf.Tensor4D, { start, count }: Columns): tf.Tensor4D => {
  const [rows, heads, width, d] = x.shape
  return count === width ? x : tf.slice(x, [0, 0, start, 0], [rows, heads, count, d])
}

/**
 * Projects [rows · width, hidden] to the wanted queries, and keys and values, [rows, heads, columns, headDim]; queries
 * and keys normalised head by head where the family does that, and rotated.
 */
const project = (model: Model, at: (name: string) => string, x: tf.Tensor2D, context: AttentionContext) => {
  const { heads, kvHeads, headDim, names } = model.config
  const { rows, width, rotation } = context
  const byHead = (flat: tf.Tensor2D, count: number): tf.Tensor4D =>
    tf.transpose(tf.reshape(flat, [rows, width, count, headDim]), [0, 2, 1, 3])
  const { attention, headNorms } = names
  const [q, k, v] = (
    'qkv' in attention
      ? tf.split(byHead(linear(model, at(attention.qkv), x), heads + 2 * kvHeads), [heads, kvHeads, kvHeads], 1)
      : [
          byHead(linear(model, at(attention.q), x), heads),
          byHead(linear(model, at(attention.k), x), kvHeads),
          byHead(linear(model, at(attention.v), x), kvHeads),
        ]
  ) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
  const turn = (t: tf.Tensor4D, name: string | undefined): tf.Tensor4D => {
    const normal = name === undefined ? t : norm(model, at(name), t)
    return rotation === undefined ? normal : rotate(normal, rotation)
  }
  return { q: onlyColumns(turn(q, headNorms?.q), context.columns), k: turn(k, headNorms?.k), v }
}

/**
 * softmax(cap(q · kᵀ · scoreScale) + bias) · v over the fresh columns and what the rows have behind them.
 *
 * Queries that share a key-value head are folded into its rows, so nothing is repeated: [rows, heads, count, d] is
 * [rows, kvHeads, groups · count, d] in memory. A past is read where it lies: only its scores are joined with the
 * fresh ones.
 */
const attend = (config: DecoderConfig, q: tf.Tensor4D, fresh: KeysValues, context: AttentionContext): tf.Tensor4D => {
  const { heads, kvHeads, headDim, scoreScale, scoreCap } = config
  const { rows, width, bias, pasts, columns } = context
  const { count } = columns
  if (pasts.length > 0 && width === 1) return attendOne(config, q, fresh, pasts)
  const folded = [rows, kvHeads, (heads / kvHeads) * count] as const
  const scaled = tf.mul(q, scoreScale)
  const seen = capped(
    tf.reshape(tf.matMul(tf.reshape(scaled, [...folded, headDim]) as tf.Tensor4D, fresh.k, false, true), [
      rows,
      heads,
      count,
      width,
    ]),
    scoreCap,
  )
  const here = bias === undefined ? seen : tf.add(seen, onlyColumns(bias, columns))
  const unfolded = (mixed: tf.Tensor): tf.Tensor => tf.reshape(mixed, [rows, heads, count, headDim])
  if (pasts.length === 0) return unfolded(softmaxMatMul(tf.reshape(here, [...folded, width]), fresh.v)) as tf.Tensor4D

  const remembered = pasts.map(({ k, bias }) => {
    const scores = capped(timesPast(scaled, k, true), scoreCap)
    return tf.add(scores, bias.shape[2] === 1 ? bias : onlyColumns(bias, columns))
  })
  const weights = tf.split(
    tf.softmax(tf.concat([...remembered, here], -1)),
    [...pasts.map(({ k }) => k.shape[2]), width],
    -1,
  )
  const recalled = pasts.map(({ v }, i) => timesPast(weights[i]!, v, false))
  const own = unfolded(tf.matMul(tf.reshape(weights.at(-1)!, [...folded, width]), fresh.v))
  return recalled.reduceRight<tf.Tensor>((sum, x) => tf.add(x, sum), own) as tf.Tensor4D
}

/** Self-attention of one layer: [rows · width, hidden] → [rows · count, hidden], and the fresh keys and values. */
export const attention = (
  model: Model,
  at: (name: string) => string,
  x: tf.Tensor2D,
  context: AttentionContext,
): { readonly out: tf.Tensor2D; readonly fresh: KeysValues } => {
  const { rows, columns } = context
  const { heads, headDim, names } = model.config
  const { q, ...fresh } = project(model, at, x, context)
  const mixed = tf.transpose(attend(model.config, q, fresh, context), [0, 2, 1, 3])
  const out = linear(model, at(names.attentionOut), tf.reshape(mixed, [rows * columns.count, heads * headDim]))
  return { out, fresh }
}

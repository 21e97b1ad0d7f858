import * as tf from '@tensorflow/tfjs-core'
import { bools, opCase, spread, type OpCase } from './op-case.ts'

const layerNorm = (x: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor): tf.Tensor => {
  const centred = tf.sub(x, tf.mean(x, -1, true))
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5))
  return tf.add(tf.mul(tf.mul(centred, scale), gain), shift)
}

/** 0.5 x (1 + erf(x / √2)) */
const gelu = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))

/** The last axis in halves (a, b), rotated: (a cos - b sin, b cos + a sin). */
const rotate = (x: tf.Tensor, angles: tf.Tensor): tf.Tensor => {
  const [a, b] = tf.split(x, 2, -1)
  const [cos, sin] = [tf.cos(angles), tf.sin(angles)]
  return tf.concat([tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))], -1)
}

const causal = bools([1, 0, 0, 1, 1, 0, 1, 1, 1], [3, 3])

const attention = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, seen: tf.Tensor): tf.Tensor => {
  const scores = tf.mul(tf.matMul(q, k, false, true), 0.5)
  return tf.matMul(tf.softmax(tf.where(seen, scores, tf.scalar(-1e9))), v)
}

/** What a language model's layers make of the operations. */
export const chainCases: readonly OpCase[] = [
  opCase(['Mean', 'Rsqrt'], 'layer norm', [spread([2, 4]), spread([4]), spread([4], 1, 2)], layerNorm),
  opCase('Erf', 'gelu of a projection', [spread([2, 3]), spread([3, 2])], (x, w) => gelu(tf.matMul(x, w))),
  opCase(['SplitV', 'Concat'], 'rotary positions', [spread([2, 4]), spread([2, 2], 0, 3)], rotate),
  opCase(['BatchMatMul', 'Multiply'], 'a product of scaled operands', [spread([2, 3, 4]), spread([2, 5, 4])], (a, b) =>
    tf.matMul(tf.mul(a, 0.5), tf.reshape(tf.mul(tf.reshape(b, [10, 4]), -3), [2, 5, 4]), false, true),
  ),
  opCase(
    ['BatchMatMul', 'Select', 'Softmax'],
    'causal attention, two query heads a key head',
    [spread([1, 2, 3, 4]), spread([1, 1, 3, 4], -1, 2), spread([1, 1, 3, 2], -2, 1), causal],
    attention,
  ),
]

import * as tf from '@tensorflow/tfjs-core'
import { rule } from './rule.ts'

const inverse = (perm: readonly number[]): number[] => perm.map((_, axis) => perm.indexOf(axis))

const likeInput = (dy: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.reshape(dy, x.shape)

/**
 * The adjoint of repeating: split each repeated axis into (repeat, length) and sum the repeats. Axes of length 1 need
 * no split, so the adjoint of broadcasting is one sum.
 */
const sumRepeats = (dy: tf.Tensor, shape: readonly number[], reps: readonly number[]): tf.Tensor => {
  const repeated = reps.flatMap((r, i) => (r === 1 ? [] : [i]))
  if (repeated.length === 0) return tf.clone(dy)
  if (repeated.every((i) => shape[i] === 1)) return tf.sum(dy, repeated, true)
  const split = shape.flatMap((d, i) => (reps[i] === 1 ? [d] : [reps[i], d]))
  const axes = repeated.map((axis, earlier) => axis + earlier)
  return tf.sum(tf.reshape(dy, split), axes)
}

/** Operations that only move or repeat elements. */
export const layout: readonly tf.GradConfig[] = [
  rule('Identity', {}, ([dy]) => ({ x: () => tf.clone(dy) })),
  rule('Reshape', { inputs: ['x'] }, ([dy], [x]) => ({ x: () => likeInput(dy, x) })),
  rule('ExpandDims', { inputs: ['input'] }, ([dy], [x]) => ({ input: () => likeInput(dy, x) })),
  rule<tf.TransposeAttrs>('Transpose', {}, ([dy], _, { perm }) => ({ x: () => tf.transpose(dy, inverse(perm)) })),
  rule<tf.ReverseAttrs>('Reverse', {}, ([dy], _, { dims }) => ({ x: () => tf.reverse(dy, dims) })),
  rule<tf.TileAttrs>('Tile', { inputs: ['x'] }, ([dy], [x], { reps }) => ({ x: () => sumRepeats(dy, x.shape, reps) })),
]

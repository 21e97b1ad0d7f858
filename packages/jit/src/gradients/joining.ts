import * as tf from '@tensorflow/tfjs-core'
import { rule, type InputGradients } from './rule.ts'

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

const alongAxis = (shape: readonly number[], axis: number, onAxis: number, elsewhere: readonly number[]): number[] =>
  shape.map((_, i) => (i === axis ? onAxis : elsewhere[i]))

/** One slice per operand rather than one split: only operands with a gradient are cut out. */
const pieces = (
  dy: tf.Tensor,
  axis: number,
  operands: readonly tf.Tensor[],
  lengths: readonly number[],
): InputGradients => {
  const begins = lengths.map((_, i) => lengths.slice(0, i).reduce((n, d) => n + d, 0))
  const none = dy.shape.map(() => 0)
  return Object.fromEntries(
    operands.map((operand, i) => [
      i,
      () => {
        const size = alongAxis(dy.shape, axis, lengths[i], dy.shape)
        const piece = tf.slice(dy, alongAxis(dy.shape, axis, begins[i], none), size)
        return piece.rank === operand.rank ? piece : tf.reshape(piece, operand.shape)
      },
    ]),
  )
}

/** Operations that join tensors, and those that part one. */
export const joining: readonly tf.GradConfig[] = [
  rule<tf.ConcatAttrs>('Concat', { everyInput: true }, ([dy], operands, attrs) => {
    const axis = axisOf(attrs.axis, dy.rank)
    return pieces(
      dy,
      axis,
      operands,
      operands.map(({ shape }) => shape[axis]),
    )
  }),
  rule<tf.PackAttrs>('Pack', { everyInput: true }, ([dy], operands, { axis }) =>
    pieces(
      dy,
      axisOf(axis, dy.rank),
      operands,
      operands.map(() => 1),
    ),
  ),
  rule<tf.SplitVAttrs>('SplitV', {}, (dys, _, { axis }) => ({ x: () => tf.concat(dys, axis) })),
  rule<tf.UnpackAttrs>('Unpack', {}, (dys, _, { axis }) => ({
    value: () => tf.stack(dys, axisOf(axis, dys[0].rank + 1)),
  })),
]

import * as tf from '@tensorflow/tfjs-core'

/** A tensor gathered from, read as [batch, outer, length, inner]: the third axis is the one indices run along. */
export interface Table {
  readonly batch: number
  readonly outer: number
  readonly length: number
  readonly inner: number
}

const product = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

/** `shape` as batch + outer + [axis] + inner. */
export const tableOf = (shape: readonly number[], axis: number, batchDims: number): Table => ({
  batch: product(shape.slice(0, batchDims)),
  outer: product(shape.slice(batchDims, axis)),
  length: shape[axis],
  inner: product(shape.slice(axis + 1)),
})

/** [a, b, c, d] as [a, c, b, d]; no copy where b is 1. The result may be `t` itself. */
export const swapMiddle = (t: tf.Tensor): tf.Tensor => {
  const [a, b, c, d] = t.shape
  if (b !== 1) return tf.transpose(t, [0, 2, 1, 3])
  return c === 1 ? t : tf.reshape(t, [a, c, 1, d])
}

/** Indices within each batch entry as row numbers of [batch * length, outer * inner], on one axis. */
export const rowNumbers = (indices: tf.Tensor, { batch, length }: Table): tf.Tensor1D => {
  if (batch === 1) return tf.reshape(indices, [-1])
  const starts = tf.tensor2d(
    Int32Array.from({ length: batch }, (_, b) => b * length),
    [batch, 1],
    'int32',
  )
  return tf.reshape(tf.add(tf.reshape(indices, [batch, indices.size / batch]), starts), [-1])
}

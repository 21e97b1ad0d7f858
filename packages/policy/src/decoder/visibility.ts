import * as tf from '@tensorflow/tfjs-core'

/** Added to the score of a key that a query must not see: e^(−1e9) is 0, and no score is lost to infinity. */
const HIDDEN = -1e9

/** 0 where visible, −1e9 where not; `visible` is bool of any shape. */
const biasOf = <T extends tf.Tensor>(visible: T): T => tf.mul<T>(tf.sub(1, tf.cast(visible, 'float32')), HIDDEN)

/** [1, width] column numbers, int32. */
export const columnsOf = (width: number): tf.Tensor2D =>
  tf.tensor2d(
    Int32Array.from({ length: width }, (_, column) => column),
    [1, width],
    'int32',
  )

/**
 * [rows, 1, width, width] bias of causal attention over left-padded rows: a query sees itself and what lies between
 * the padding and it. A padding query sees itself alone, so that its softmax is a number.
 */
export const causalBias = (pad: tf.Tensor1D, width: number): tf.Tensor4D => {
  const rows = pad.shape[0]
  const future = Float32Array.from({ length: width * width }, (_, i) =>
    i % width > Math.floor(i / width) ? HIDDEN : 0,
  )
  const others = Float32Array.from({ length: width * width }, (_, i) =>
    i % width === Math.floor(i / width) ? 0 : HIDDEN,
  )
  const padding = tf.cast(tf.less(columnsOf(width), tf.reshape(pad, [rows, 1])), 'float32')
  return tf.add(
    tf.mul(tf.reshape(padding, [rows, 1, 1, width]), tf.tensor4d(others, [1, 1, width, width])),
    tf.tensor4d(future, [1, 1, width, width]),
  )
}

/** [rows, 1, 1, capacity] bias of a cache whose columns [pad, filled) hold tokens. */
export const cacheBias = (pad: tf.Tensor1D, filled: tf.Tensor1D, capacity: number): tf.Tensor4D => {
  const rows = pad.shape[0]
  const columns = columnsOf(capacity)
  const held = tf.logicalAnd(
    tf.greaterEqual(columns, tf.reshape(pad, [rows, 1])),
    tf.less(columns, tf.reshape(filled, [rows, 1])),
  )
  return tf.reshape(biasOf(held), [rows, 1, 1, capacity])
}

/** [rows, 1, 1, capacity] bias of a cache whose first `filled` [rows] columns hold tokens. */
export const filledBias = (filled: tf.Tensor1D, capacity: number): tf.Tensor4D => {
  const rows = filled.shape[0]
  return tf.reshape(biasOf(tf.less(columnsOf(capacity), tf.reshape(filled, [rows, 1]))), [rows, 1, 1, capacity])
}

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

/** [rows, width] position of each column of left-padded rows, int32: the first token after `pad` columns is at 0. */
export const positionsOf = (pad: tf.Tensor1D, width: number): tf.Tensor2D =>
  tf.maximum(tf.sub(columnsOf(width), tf.reshape(pad, [pad.shape[0], 1])), tf.scalar(0, 'int32'))

/**
 * [rows, 1, width, width] bias of causal attention over left-padded rows: a query sees itself and what lies between
 * the padding and it, but no further back than a window. A padding query sees itself alone, so that its softmax is a
 * number.
 *
 * @param window columns that a query sees, itself among them; absent: all
 */
export const causalBias = (pad: tf.Tensor1D, width: number, window: number = width): tf.Tensor4D => {
  const rows = pad.shape[0]
  const where = (hidden: (query: number, key: number) => boolean): tf.Tensor4D =>
    tf.tensor4d(
      Float32Array.from({ length: width * width }, (_, i) => (hidden(Math.floor(i / width), i % width) ? HIDDEN : 0)),
      [1, 1, width, width],
    )
  const outside = where((query, key) => key > query || query - key >= window)
  const others = where((query, key) => key !== query)
  const padding = tf.cast(tf.less(columnsOf(width), tf.reshape(pad, [rows, 1])), 'float32')
  return tf.add(tf.mul(tf.reshape(padding, [rows, 1, 1, width]), others), outside)
}

/**
 * [rows, 1, 1, capacity] bias of a cache whose columns [pad, filled) hold tokens, for queries in the columns from
 * `filled` on; [rows, 1, queries, capacity] where a window hides other columns from each.
 */
export const cacheBias = (
  pad: tf.Tensor1D,
  filled: tf.Tensor1D,
  capacity: number,
  queries: number,
  window?: number,
): tf.Tensor4D => {
  const rows = pad.shape[0]
  const byRow = (x: tf.Tensor1D): tf.Tensor3D => tf.reshape(x, [rows, 1, 1])
  const columns = tf.reshape(columnsOf(capacity), [1, 1, capacity])
  const held = tf.logicalAnd(tf.greaterEqual(columns, byRow(pad)), tf.less(columns, byRow(filled)))
  if (window === undefined || window >= capacity + queries) return tf.expandDims(biasOf(held), 1)
  const query = tf.add(byRow(filled), tf.reshape(columnsOf(queries), [1, queries, 1]))
  const near = tf.greater(columns, tf.sub(query, tf.scalar(window, 'int32')))
  return tf.expandDims(biasOf(tf.logicalAnd(held, near)), 1)
}

/**
 * [rows, 1, 1, capacity] bias of a cache whose first `filled` [rows] columns hold tokens, for a query at column `query`
 * [rows], by default the one after them.
 */
export const filledBias = (
  filled: tf.Tensor1D,
  capacity: number,
  window?: number,
  query: tf.Tensor1D = filled,
): tf.Tensor4D => {
  const rows = filled.shape[0]
  const columns = columnsOf(capacity)
  const held = tf.less(columns, tf.reshape(filled, [rows, 1]))
  const seen =
    window === undefined || (query === filled && window > capacity)
      ? held
      : tf.logicalAnd(held, tf.greater(columns, tf.sub(tf.reshape(query, [rows, 1]), tf.scalar(window, 'int32'))))
  return tf.reshape(biasOf(seen), [rows, 1, 1, capacity])
}

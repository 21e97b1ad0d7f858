import * as tf from '@tensorflow/tfjs-core'

/**
 * [rows, heads, width, d] queries or outputs beside a past that groups of rows share: [rows / share, kvHeads,
 * share · groups · width, d], so that one product reads a shared past once. The same memory where share is 1.
 */
const besidePast = (x: tf.Tensor, pastRows: number, kvHeads: number): tf.Tensor4D => {
  const [rows, heads, width, d] = x.shape as [number, number, number, number]
  const share = rows / pastRows
  const block = (heads / kvHeads) * width
  if (share === 1) return tf.reshape(x, [rows, kvHeads, block, d])
  const apart = tf.transpose(tf.reshape(x, [pastRows, share, kvHeads, block * d]), [0, 2, 1, 3])
  return tf.reshape(apart, [pastRows, kvHeads, share * block, d])
}

/** The inverse of `besidePast`: [rows, heads, width, d]. */
const besideRows = (x: tf.Tensor, rows: number, heads: number, width: number): tf.Tensor4D => {
  const [pastRows, kvHeads, , d] = x.shape as [number, number, number, number]
  const share = rows / pastRows
  const block = (heads / kvHeads) * width
  if (share === 1) return tf.reshape(x, [rows, heads, width, d])
  const together = tf.transpose(tf.reshape(x, [pastRows, kvHeads, share, block * d]), [0, 2, 1, 3])
  return tf.reshape(together, [rows, heads, width, d])
}

/**
 * The product of each row's queries or weights [rows, heads, width, d] with its past's keys (transposed) or values
 * [pastRows, kvHeads, capacity, headDim]: [rows, heads, width, capacity or headDim]. Equal runs of rows share a past.
 */
export const timesPast = (x: tf.Tensor, past: tf.Tensor4D, transposed: boolean): tf.Tensor4D => {
  const [rows, heads, width] = x.shape as [number, number, number]
  const [pastRows, kvHeads] = past.shape
  return besideRows(tf.matMul(besidePast(x, pastRows, kvHeads), past, false, transposed), rows, heads, width)
}

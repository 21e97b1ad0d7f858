import * as tf from '@tensorflow/tfjs-core'
import { orOne } from './terms.ts'

/** The mean of x [rows] over the rows of `among` [rows] bool; 0 where there is none. */
export const meanAmong = (x: tf.Tensor1D, among: tf.Tensor1D): tf.Scalar => {
  const counts = tf.cast(among, 'float32')
  return tf.div(tf.sum(tf.mul(counts, tf.cast(x, 'float32'))), orOne(tf.sum(counts)))
}

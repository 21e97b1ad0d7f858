import * as tf from '@tensorflow/tfjs-core'
import { columnsOf } from '../decoder/visibility.ts'
import type { TokenInput } from '../policy.ts'

/**
 * Each row turned so that its last token is in the last column: what padded it at the right pads it at the left, where
 * the decoder leaves out whatever it is.
 *
 * @param end [rows] int32: the column after each row's last token
 */
export const flushRight = ({ tokens, pad }: TokenInput, end: tf.Tensor1D): TokenInput => {
  const [rows, width] = tokens.shape
  const wide = tf.scalar(width, 'int32')
  const from = tf.add(columnsOf(width), tf.reshape(end, [rows, 1]))
  const within = tf.sub(from, tf.mul(wide, tf.cast(tf.greaterEqual(from, wide), 'int32')))
  const rowStarts = tf.tensor2d(
    Int32Array.from({ length: rows }, (_, row) => row * width),
    [rows, 1],
    'int32',
  )
  const turned = tf.gather(tf.reshape(tokens, [rows * width]), tf.reshape(tf.add(within, rowStarts), [rows * width]))
  return { tokens: tf.reshape(turned, [rows, width]), pad: tf.add(pad, tf.sub(wide, end)) }
}

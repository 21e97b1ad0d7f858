import * as tf from '@tensorflow/tfjs-core'

/**
 * cap · tanh(x / cap): x near 0, never beyond ±cap; x itself without a cap.
 *
 * @see Gemma 2, arXiv:2408.00118, §2
 */
export const capped = <T extends tf.Tensor>(x: T, cap: number | undefined): T =>
  cap === undefined ? x : tf.mul<T>(tf.tanh(tf.mul<T>(x, 1 / cap)), cap)

import * as tf from '@tensorflow/tfjs-core'
import { withSoftmax } from '../ruled-out.ts'

/** e^-1000 is 0, and 0 · (−1000) is 0 where 0 · (−∞) is not a number. */
const LEAST = -1000

/**
 * Entropy of the next-token distribution of each state: H = log Σ e^z − Σ p z.
 *
 * @param logits [rows, steps, vocab]; −∞ excludes a token, and where it excludes all they are taken to be alike
 * @returns [rows, steps] nats, between 0 and log(vocab)
 */
export const entropyOf = (logits: tf.Tensor3D): tf.Tensor2D => {
  const logP = tf.maximum(tf.logSoftmax(withSoftmax(logits)), LEAST)
  return tf.neg(tf.sum(tf.mul(tf.exp(logP), logP), -1))
}

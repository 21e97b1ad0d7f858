import * as tf from '@tensorflow/tfjs-core'
import type { HeadRules } from './policy.ts'

/** A head with a number more for each token: 0, −∞ (a mask) or a penalty; [vocab], through which no gradient flows. */
export const shifted =
  (shift: tf.Tensor1D): HeadRules =>
  ({ logits, logitsOf }) => ({
    logits: (x) => tf.add(logits(x), shift),
    logitsOf: (x, ids) => tf.add(logitsOf(x, ids), tf.gather(shift, ids)),
  })

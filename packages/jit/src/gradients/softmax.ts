import * as tf from '@tensorflow/tfjs-core'
import { rule } from './rule.ts'

/** Normalisation over the last axis. (TensorFlow.js composes `tf.logSoftmax` and `tf.logSumExp` of other ops.) */
export const softmax: readonly tf.GradConfig[] = [
  rule('Softmax', { inputs: ['logits'] }, ([dy], [logits]) => ({
    logits: () => {
      const p = tf.softmax(logits)
      return tf.mul(tf.sub(dy, tf.sum(tf.mul(dy, p), -1, true)), p)
    },
  })),
]

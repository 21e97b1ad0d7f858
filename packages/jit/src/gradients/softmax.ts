import * as tf from '@tensorflow/tfjs-core'
import { rule } from './rule.ts'

/**
 * Normalisation over the last axis. `tf.logSoftmax` and `tf.logSumExp` are composed by TensorFlow.js; the LogSoftmax
 * rule serves a backend that has it as one kernel.
 */
export const softmax: readonly tf.GradConfig[] = [
  rule('Softmax', { outputs: [true] }, ([dy], [y]) => ({
    logits: () => tf.mul(tf.sub(dy, tf.sum(tf.mul(dy, y), -1, true)), y),
  })),
  rule('LogSoftmax', { outputs: [true] }, ([dy], [y]) => ({
    logits: () => tf.sub(dy, tf.mul(tf.exp(y), tf.sum(dy, -1, true))),
  })),
]

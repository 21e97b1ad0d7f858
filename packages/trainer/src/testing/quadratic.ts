import { hostScalar, hostTensor } from '@gfnlm/jit'
import type { Policy } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import type { Task } from '../tasks/task.ts'

/** A policy of two numbers, which says nothing of tokens. */
export const twoNumbers = (a: number, b: number): Policy => ({
  name: 'two numbers',
  vocabSize: 1,
  contextLength: 1,
  constants: {},
  trainable: { w: hostTensor(Float32Array.of(a, b)) },
  logits: () => {
    throw new Error('two numbers have no logits')
  },
})

/**
 * ½ |w − batch|² + ½ z², so that the gradient is w − batch, and z for the task's own parameter: numbers to be
 * followed by hand. z starts at 1.
 */
export const quadratic = (rateScale = 1): Task<readonly [number, number]> => ({
  name: 'quadratic',
  parameters: { z: hostScalar(1) },
  rateScale,
  pack: (batch) => ({ towards: hostTensor(Float32Array.from(batch)), weight: hostTensor(Float32Array.of(1)) }),
  loss: ({ trainable, parameters, batch }) => {
    const gap = tf.sub(trainable['w']!, batch['towards']!)
    const terms = tf.reshape(tf.mul(0.5, tf.add(tf.sum(tf.square(gap)), tf.square(parameters['z']!))), [1])
    return {
      terms,
      share: tf.ones([1]),
      mass: tf.scalar(1),
      metrics: { z: tf.reshape(parameters['z']!, []) as tf.Scalar },
    }
  },
})

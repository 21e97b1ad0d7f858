import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { detach } from './detach.ts'

test('the value stays, its gradient does not', () => {
  const f = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(x, detach(x)))
  expect(f(tf.tensor1d([2, 3])).dataSync()[0]).toBe(13)
  expect([
    ...tf
      .grad(f)(tf.tensor1d([2, 3]))
      .dataSync(),
  ]).toEqual([2, 3])
})

import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { hostTensor, jit } from '../index.ts'

test('compiling before any backend was chosen leaves the choice open', async () => {
  const square = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x) }))
  expect([...(await square({ x: hostTensor(Float32Array.of(3)) })).y.data]).toEqual([9])
  await square.dispose()
  expect([...tf.add(1, 2).dataSync()]).toEqual([3])
  expect(tf.getBackend()).toBe('cpu')
})

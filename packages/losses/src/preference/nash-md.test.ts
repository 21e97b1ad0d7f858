import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { geometricMixture } from './nash-md.ts'

test('a mixture at either end is that policy, whatever the other excludes; between, what either excludes', () => {
  const all = tf.tensor1d([1, 0, -1])
  const some = tf.tensor1d([-Infinity, 0, 0])
  const alone = [...tf.logSoftmax(all).dataSync()]
  expect([...geometricMixture(all, some, 0).dataSync()]).toEqual(alone)
  expect([...geometricMixture(some, all, 1).dataSync()]).toEqual(alone)
  const mixed = [...geometricMixture(all, some, 0.5).dataSync()]
  // Logits 0 and −1/2 of what is left.
  const rest = Math.log(1 + Math.exp(-0.5))
  expect(mixed).toEqual([-Infinity, expect.closeTo(-rest, 6), expect.closeTo(-0.5 - rest, 6)])
})

import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { reduce } from '../terms.ts'
import { crossEntropy } from './cross-entropy.ts'

const logProb = tf.tensor2d([
  [-1, -2, -4],
  [-8, NaN, NaN],
])
const mask = tf.tensor2d([
  [1, 1, 0],
  [1, 0, 0],
])

test('is the mean over tokens, not over rows', () => {
  expect(reduce(crossEntropy()({ logProb, mask }), tf.ones([2])).dataSync()[0]).toBeCloseTo(11 / 3, 6)
  expect(crossEntropy()({ logProb, mask }).metrics.tokens.dataSync()[0]).toBe(3)
})

test('masked tokens reach neither value nor gradient', () => {
  const loss = (x: tf.Tensor): tf.Scalar => reduce(crossEntropy()({ logProb: x as tf.Tensor2D, mask }), tf.ones([2]))
  const third = expect.closeTo(-1 / 3, 6)
  expect(tf.grad(loss)(logProb).arraySync()).toEqual([
    [third, third, 0],
    [third, 0, 0],
  ])
})

test('nothing to learn from is loss 0, and a mask of the wrong shape is named', () => {
  expect(reduce(crossEntropy()({ logProb, mask: tf.zeros([2, 3]) }), tf.ones([2])).dataSync()[0]).toBeCloseTo(0, 9)
  expect(() => crossEntropy()({ logProb, mask: tf.ones([2, 2]) })).toThrow(
    'crossEntropy: mask must be [rows, steps] = [2, 3]',
  )
})

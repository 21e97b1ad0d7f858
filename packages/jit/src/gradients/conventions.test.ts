import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, expect, test } from 'vitest'
import { registerGradients } from './register-gradients.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const slope = (f: (x: tf.Tensor) => tf.Tensor, at: number[]): number[] =>
  Array.from(tf.tidy(() => tf.grad(f)(tf.tensor1d(at)).dataSync()))

test('every element that attains an extreme gets the whole gradient', () => {
  expect(slope((x) => tf.max(x), [3, 1, 3])).toEqual([1, 0, 1])
  expect(slope((x) => tf.min(x), [3, 1, 1])).toEqual([0, 1, 1])
})

test('a tie of two operands goes to the first', () => {
  const at = tf.tensor1d([2])
  const pair = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): number[] =>
    tf
      .grads(f)([at, tf.clone(at)])
      .map((t) => t.dataSync()[0])
  expect(pair((a, b) => tf.maximum(a, b))).toEqual([1, 0])
  expect(pair((a, b) => tf.minimum(a, b))).toEqual([1, 0])
})

test('kinks', () => {
  expect(slope((x) => tf.abs(x), [0])).toEqual([0])
  expect(slope((x) => tf.relu(x), [0])).toEqual([0])
  expect(slope((x) => tf.relu6(x), [0, 6])).toEqual([0, 0])
  expect(slope((x) => tf.leakyRelu(x, 0.25), [0])).toEqual([0.25])
  expect(slope((x) => tf.clipByValue(x, -1, 1), [-1.5, -1, 1, 1.5])).toEqual([0, 1, 1, 0])
})

test('a branch not taken passes nothing on, not even what is not finite', () => {
  const safe = (x: tf.Tensor): tf.Tensor => tf.where(tf.greater(x, 0), x, tf.onesLike(x))
  expect(slope((x) => tf.where(tf.greater(x, 0), tf.log(safe(x)), tf.zerosLike(x)), [0, 2])).toEqual([0, 0.5])
  expect(slope((x) => tf.mul(tf.relu(x), Infinity), [-1, 1])).toEqual([0, Infinity])
})

test('a power of a base at or below zero has no gradient in its exponent', () => {
  const ofExponent = (b: tf.Tensor): tf.Tensor => tf.pow(tf.tensor1d([0, -2, 2]), b)
  expect(slope(ofExponent, [2, 2, 2])).toEqual([0, 0, expect.closeTo(4 * Math.LN2, 5)])
})

test('a segment id below zero drops its row both ways', () => {
  const ids = tf.tensor1d([0, -1, 0], 'int32')
  expect(slope((x) => tf.unsortedSegmentSum(x, ids, 1), [1, 2, 3])).toEqual([1, 0, 1])
})

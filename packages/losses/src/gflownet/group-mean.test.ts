import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { groupCentred, groupMean } from './group-mean.ts'

test('every row gets the mean of the kept rows of its group; a group without any gets 0', () => {
  const group = tf.tensor1d([4, 9, 4, 4, 2], 'int32')
  const mean = groupMean(tf.tensor1d([1, 10, 3, 99, 5]), group, tf.tensor1d([1, 1, 1, 0, 0]))
  expect([...mean.dataSync()]).toEqual([2, 10, 2, 2, 0])
})

test('centred, a row is what it has over its group, and gradients flow through both', () => {
  const group = tf.tensor1d([4, 9, 4, 4, 2], 'int32')
  const kept = tf.tensor1d([1, 1, 1, 0, 0])
  const x = tf.tensor1d([1, 10, 3, NaN, 5])
  expect([...groupCentred(x, group, kept).dataSync()]).toEqual([-1, 0, 1, 0, 0])
  const centred = (y: tf.Tensor): tf.Tensor => groupCentred(y as tf.Tensor1D, group, kept)
  const gradient = tf.grad((y) => tf.sum(tf.mul([1, 2, 3, 4, 5], centred(y))))
  expect([...gradient(x).dataSync()].map((g) => g + 0)).toEqual([-1, 0, 1, 0, 0])
})

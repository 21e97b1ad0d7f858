import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { groupMean } from './group-mean.ts'

test('every row gets the mean of the kept rows of its group; a group without any gets 0', () => {
  const group = tf.tensor1d([4, 9, 4, 4, 2], 'int32')
  const mean = groupMean(tf.tensor1d([1, 10, 3, 99, 5]), group, tf.tensor1d([1, 1, 1, 0, 0]))
  expect([...mean.dataSync()]).toEqual([2, 10, 2, 2, 0])
})

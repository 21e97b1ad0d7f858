import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { registerMissingKernels } from './register-missing-kernels.ts'

const warn = vi.spyOn(console, 'warn')

beforeAll(() => {
  registerMissingKernels()
  registerMissingKernels()
})

test('registering is silent, twice over', () => {
  expect(warn).not.toHaveBeenCalled()
})

test('a backend that is not loaded is left alone', () => {
  expect(tf.getKernelsForBackend('webgl')).toEqual([])
})

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend)
  })

  test('segment ids outside of the range drop their rows', () => {
    const rows = tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ])
    const sums = tf.unsortedSegmentSum(rows, tf.tensor1d([1, -1, 2, 1], 'int32'), 2)
    expect(sums.arraySync()).toEqual([
      [0, 0],
      [8, 10],
    ])
  })

  test('segment sums of integers are integers', () => {
    const sums = tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4], 'int32'), tf.tensor1d([0, 1, 0], 'int32'), 2)
    expect([sums.dtype, ...sums.dataSync()]).toEqual(['int32', 5, 2])
  })

  test('inner batch axes broadcast', () => {
    const rows = tf.tensor4d([1, 2, 3, 4], [2, 2, 1, 1])
    const shared = tf.tensor4d([10, 100], [2, 1, 1, 1])
    expect([...tf.matMul(rows, shared).dataSync()]).toEqual([10, 20, 300, 400])
  })

  test('one index and a stride slice together', () => {
    // x[:, 1, ::3] of x = arange(24).reshape(2, 3, 4)
    const x = tf.reshape(tf.range(0, 24), [2, 3, 4])
    const taken = tf.stridedSlice(x, [0, 1, 0], [2, 2, 4], [1, 1, 3], 0, 0, 0, 0, 2)
    expect(taken.arraySync()).toEqual([
      [4, 7],
      [16, 19],
    ])
  })

  test('a gather within a batch stays within its rows', () => {
    const x = tf.reshape(tf.range(0, 12), [4, 3])
    const taken = tf.gather(x, tf.tensor1d([2, 0, 1, 1], 'int32'), 1, 1)
    expect([taken.shape, ...taken.dataSync()]).toEqual([[4], 2, 3, 7, 10])
  })

  test('an update leaves the tensor it updates alone', () => {
    const x = tf.tensor1d([1, 2, 3])
    const updated = tf.tensorScatterUpdate(x, tf.tensor2d([[1]], [1, 1], 'int32'), tf.tensor1d([9]))
    expect([...updated.dataSync()]).toEqual([1, 9, 3])
    expect([...x.dataSync()]).toEqual([1, 2, 3])
  })

  test('what is not zero is true', () => {
    expect([...tf.cast(tf.tensor1d([-1.7, 0, 256]), 'bool').dataSync()]).toEqual([1, 0, 1])
  })

  test('a one-hot of floats has its values', () => {
    const hot = tf.oneHot(tf.tensor1d([1], 'int32'), 3, 2, 0.5, 'float32')
    expect([...hot.dataSync()]).toEqual([0.5, 2, 0.5])
  })
})

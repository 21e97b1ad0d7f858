import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { hostTensor, jit } from '../../index.ts'

test('many duplicates add up exactly, the same every time, on two threads', async () => {
  process.env['GFNLM_THREADS'] = '2'
  const [n, inner, rows] = [65_536, 16, 4]
  const sum = jit(({ x, ids }: { x: tf.Tensor; ids: tf.Tensor }) => ({
    sums: tf.unsortedSegmentSum(x as tf.Tensor2D, ids as tf.Tensor1D, rows),
  }))
  const feed = {
    x: hostTensor(new Float32Array(n * inner).fill(1), [n, inner]),
    ids: hostTensor(Int32Array.from({ length: n }, (_, i) => i % rows)),
  }
  for (let i = 0; i < 5; i++) expect([...new Set((await sum(feed)).sums.data)]).toEqual([n / rows])
  await sum.dispose()
})

test('ids below 0 are dropped', async () => {
  const sum = jit(({ x, ids }: { x: tf.Tensor; ids: tf.Tensor }) => ({
    sums: tf.unsortedSegmentSum(x as tf.Tensor1D, ids as tf.Tensor1D, 3),
  }))
  const { sums } = await sum({ x: hostTensor(Float32Array.of(10, 1, 4)), ids: hostTensor(Int32Array.of(0, -1, 2)) })
  expect([...sums.data]).toEqual([10, 0, 4])
  await sum.dispose()
})

test('ids far beyond the rows are refused, and do not come round to another row', async () => {
  const sum = jit(({ x, ids }: { x: tf.Tensor; ids: tf.Tensor }) => ({
    sums: tf.unsortedSegmentSum(x as tf.Tensor2D, ids as tf.Tensor1D, 3),
  }))
  // 2³⁰ · 4 is 0 in 32 bits
  const given = { x: hostTensor(new Float32Array(8).fill(1), [2, 4]), ids: hostTensor(Int32Array.of(2 ** 30, 1)) }
  await expect(sum(given)).rejects.toThrow('out of data bounds')
  await sum.dispose()
})

import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { hostTensor, jit } from '../../index.ts'

const ints = (...values: readonly number[]) => hostTensor(Int32Array.from(values))

/** Quotients of integers, rounded down. */
const quotients = async (a: readonly number[], b: readonly number[]): Promise<number[]> => {
  const divide = jit(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ q: tf.floorDiv(a, b) }))
  const { q } = await divide({ a: ints(...a), b: ints(...b) })
  await divide.dispose()
  expect(q.dtype).toBe('int32')
  return [...q.data]
}

test('integers that float32 does not have are divided exactly, rounded down', async () => {
  const a = [16777217, -16777217, 2147483647, -2147483648, -2147483648, 7, -7]
  const b = [1, 2, -3, 3, 1, -2, -2]
  expect(await quotients(a, b)).toEqual([16777217, -8388609, -715827883, -715827883, -2147483648, -4, 3])
})

test('a divisor of 0, or a quotient that is no int32, ends nothing', async () => {
  expect((await quotients([7, -2147483648, 7], [0, -1, 2]))[2]).toBe(3)
})

test('by a number of the graph, too', async () => {
  const divide = jit(({ a }: { a: tf.Tensor }) => ({
    halves: tf.floorDiv(a, tf.scalar(2, 'int32')),
    same: tf.floorDiv(a, tf.scalar(1, 'int32')),
    two: tf.floorDiv(tf.scalar(-5, 'int32'), tf.scalar(2, 'int32')),
  }))
  const { halves, same, two } = await divide({ a: ints(-16777217, 16777219) })
  expect([[...halves.data], [...same.data], [...two.data]]).toEqual([[-8388609, 8388609], [-16777217, 16777219], [-3]])
  await divide.dispose()
})

test('the remainder by −1 is 0, of the least integer, too', async () => {
  const f = jit(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({
    r: tf.mod(a, b),
    known: tf.mod(a, tf.scalar(-1, 'int32')),
  }))
  const { r, known } = await f({ a: ints(-2147483648, 7, -7, 7, -2147483648), b: ints(-1, -1, 2, -2, 3) })
  expect([...r.data]).toEqual([0, 0, 1, -1, 1])
  expect([...known.data]).toEqual([0, 0, 0, 0, 0])
  await f.dispose()
})

test('the remainder by 0 is told as what it is', async () => {
  const f = jit(({ a }: { a: tf.Tensor }) => ({ r: tf.mod(a, a) }))
  await expect(f({ a: ints(0) })).rejects.toMatchObject({
    _tag: 'InvalidInput',
    message: expect.stringMatching(/by 0 was asked for/),
  })
  await f.dispose()
})

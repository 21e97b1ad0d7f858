import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { hostScalar, hostTensor, jit } from '../index.ts'
import { ask } from './engine.ts'

const sum = () => jit(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => ({ y: tf.add(a, b) }))
const b = hostTensor(Float32Array.of(1, 2))

test("memory that one holding was given is nobody else's to give", async () => {
  const f = sum()
  const a = hostTensor(Float32Array.of(10, 20))
  const [first, second] = [await f.hold({}, { a }), await f.hold({}, { a })]
  const [one, other] = await Promise.allSettled([first.run({ b }), second.run({ b })])
  expect(one).toMatchObject({ status: 'fulfilled' })
  expect(other).toMatchObject({
    reason: { _tag: 'InvalidInput', message: expect.stringMatching(/'a' has 0 elements/) },
  })
  expect([...(await first.run({ b })).y.data]).toEqual([11, 22])
  await Promise.all([first.drop(), second.drop()])
  await f.dispose()
})

test('shared memory that is given is copied', async () => {
  const f = sum()
  const a = hostTensor(new Float32Array(new SharedArrayBuffer(8)).fill(7))
  const holding = await f.hold({}, { a })
  expect([...(await holding.run({ b })).y.data]).toEqual([8, 9])
  expect([...a.data]).toEqual([7, 7])
  await holding.drop()
  await f.dispose()
})

test('a request that the thread cannot read is told, and others go on with another thread', async () => {
  const data = new Float32Array(4)
  structuredClone(data.buffer, { transfer: [data.buffer] })
  const given = { a: { dtype: 'float32', shape: [4], data } } as const
  await expect(ask({ kind: 'hold', device: 'cpu', tensors: {}, given, writes: [] })).rejects.toThrow()
  const f = jit(({ x }: { x: tf.Tensor }) => ({ y: tf.neg(x) }))
  expect((await f({ x: hostScalar(1) })).y.data[0]).toBe(-1)
  await f.dispose()
})

test('what is dropped while its first run compiles is dropped, and says so', async () => {
  const f = sum()
  const holding = await f.hold({ a: hostTensor(Float32Array.of(1, 2)) })
  const running = expect(holding.run({ b })).rejects.toMatchObject({
    _tag: 'EngineStopped',
    message: expect.stringMatching(/after drop\(\)/),
  })
  await holding.drop()
  await running
  await expect(holding.kept()).rejects.toMatchObject({
    _tag: 'EngineStopped',
    message: expect.stringMatching(/after drop\(\)/),
  })
  await f.dispose()
})

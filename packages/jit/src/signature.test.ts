import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, test } from 'vitest'
import { hostTensor, jit, jitPerShape } from './index.ts'
import { differing, signatureKey } from './signature.ts'

const zeros = (...shape: readonly number[]) => hostTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)
const f = jit(({ x, m }: { x: tf.Tensor; m?: tf.Tensor }) => ({
  y: tf.sum(m === undefined ? x : tf.mul(x, tf.cast(m, 'float32'))),
}))
afterAll(() => f.dispose())

test('a shape that changes names the input, both shapes and where the function was compiled', async () => {
  await f({ x: zeros(2, 3) })
  await expect(f({ x: zeros(2, 4) })).rejects.toMatchObject({
    _tag: 'ShapeChanged',
    message: expect.stringMatching(
      /^input 'x' is float32 \[2, 4\], and the function was compiled for float32 \[2, 3\] \(compiled at .*signature\.test\.ts:7:/,
    ),
    detail: { expected: { x: { shape: [2, 3] } }, found: { x: { shape: [2, 4] } } },
  })
  expect((await f({ x: zeros(2, 3) })).y.shape).toEqual([])
})

test('so do a type that changes and an input that comes or goes', async () => {
  await f({ x: zeros(2, 3) })
  await expect(f({ x: hostTensor(new Int32Array(6), [2, 3]) })).rejects.toThrow(/'x' is int32 \[2, 3\]/)
  await expect(f({ x: zeros(2, 3), m: zeros(2, 3) })).rejects.toThrow(
    /'m' is float32 \[2, 3\], and the function was compiled for absent/,
  )
})

test('per shape: each signature is compiled once, and one above the limit is an error', async () => {
  let traces = 0
  const f = ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => (traces++, { y: tf.mul(tf.sum(x), w) })
  const g = jitPerShape(f, { limit: 2 })
  const w = zeros()
  for (const n of [1, 2, 1, 2]) await g({ x: zeros(n), w })
  expect(traces).toBe(2)
  await expect(g({ x: zeros(3), w })).rejects.toMatchObject({
    _tag: 'ShapeChanged',
    message: expect.stringMatching(
      /compiled per shape at .*signature\.test\.ts:\d+.* met more than 2 signatures; the newest differs in x:float32\[3\]\. /,
    ),
    detail: { limit: 2 },
  })
  await g({ x: zeros(2), w })
  await g.dispose()
  await g({ x: zeros(3), w })
  expect(traces).toBe(3)
  await g.dispose()
})

test('per shape: what failed to compile does not count against the limit', async () => {
  const g = jitPerShape(({ x }: { x: tf.Tensor }) => ({ y: tf.matMul(x as tf.Tensor2D, tf.ones([2, 1])) }), {
    limit: 1,
  })
  await expect(g({ x: zeros(1, 3) })).rejects.toThrow()
  expect((await g({ x: zeros(1, 2) })).y.shape).toEqual([1, 1])
  await g.dispose()
})

test('of a signature one too many, what is alike in all is left out, unless nothing is its own', () => {
  expect(differing('a:float32[2] w:float32[9] x:int32[3]', ['a:float32[2] w:float32[9] x:int32[4]'])).toBe('x:int32[3]')
  expect(differing('w:float32[9]', ['a:float32[2] w:float32[9]'])).toBe('w:float32[9]')
})

test('the order in which inputs are named makes no other signature', () => {
  const [a, b] = [
    { shape: [2], dtype: 'float32' },
    { shape: [], dtype: 'bool' },
  ] as const
  expect(signatureKey({ a, b })).toBe(signatureKey({ b, a }))
})

import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { expect, test } from 'vitest'
import { type Device, geluTanh, hostTensor, jit, silu } from '../index.ts'

const values = [-30, -6, -1, -0.1, 0, 1e-4, 0.5, 2, 9, 30]
const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

test.each<Device>(['tfjs:cpu', 'cpu'])(
  'activations have the values of their definitions, far from 0 too, on %s',
  async (device) => {
    const f = jit(({ x }: { x: tf.Tensor }) => ({ gelu: geluTanh(x), silu: silu(x) }), { device })
    const out = await f({ x: hostTensor(Float32Array.from(values)) })
    values.forEach((x, i) => {
      expect(out.gelu.data[i]).toBeCloseTo(gelu(x), 6)
      expect(out.silu.data[i]).toBeCloseTo(x / (1 + Math.exp(-x)), 6)
    })
    await f.dispose()
  },
)

test.each<Device>(['tfjs:cpu', 'cpu'])('slopes far from 0 are 0 and 1, never NaN, on %s', async (device) => {
  const slope = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) => tf.grad((x) => tf.sum(f(x)))(x)
  const f = jit(({ x }: { x: tf.Tensor }) => ({ gelu: slope(geluTanh)(x), silu: slope(silu)(x) }), { device })
  const out = await f({ x: hostTensor(Float32Array.of(-200, 200)) })
  expect([...out.gelu.data, ...out.silu.data].map((y) => y + 0)).toEqual([0, 1, 0, 1])
  await f.dispose()
})

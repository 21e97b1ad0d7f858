import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { inFloat64 } from './float64.ts'

await tf.setBackend('cpu')

const third = (): number => tf.div(tf.tensor1d(Float32Array.of(1)), tf.scalar(3)).dataSync()[0]

test('numbers, arrays, constants and gradients keep 15 digits inside, and 7 again outside', () => {
  const slope = (): number =>
    tf
      .grad((x) => tf.exp(tf.mul(0.1, x)))(tf.scalar(0.7))
      .dataSync()[0]
  expect(inFloat64(third)).toBe(1 / 3)
  expect(inFloat64(slope)).toBe(0.1 * Math.exp(0.1 * 0.7))
  expect(third()).toBe(Math.fround(1 / 3))
})

test('softplus is exact far from 0', () => {
  const at = (x: number): number => inFloat64(() => tf.softplus(tf.scalar(x)).dataSync()[0])
  const exactly = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
  for (const x of [-30, -13, 0, 13, 18.1, 30]) expect(at(x)).toBeCloseTo(exactly(x), 14)
})

test('an error inside leaves everything as it was', () => {
  const fail = (): never => {
    throw new Error('no')
  }
  expect(() => inFloat64(fail)).toThrow('no')
  expect(third()).toBe(Math.fround(1 / 3))
})

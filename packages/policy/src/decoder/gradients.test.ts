import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { ACTIVATE } from './activation.ts'
import { normalize } from './norm.ts'

beforeAll(() => tf.setBackend('cpu'))

const X = [
  [0.3, -1.2, 2.1, 0.05],
  [-0.7, 0.9, 0.4, -3],
]
const DY = [
  [1, -0.5, 0.25, 2],
  [-1, 0.3, 0.7, 0.1],
]

/** Σ dy · f(x) by central differences, each element of x in turn. */
const differences = (f: (x: tf.Tensor2D) => tf.Tensor2D, h = 1e-2): number[] => {
  const at = (row: number, column: number, step: number): number =>
    tf.tidy(() => {
      const moved = X.map((line, i) => line.map((value, j) => (i === row && j === column ? value + step : value)))
      return (f(tf.tensor2d(moved)).arraySync() as number[][])
        .flat()
        .reduce((sum, y, i) => sum + y * DY.flat()[i]!, 0)
    })
  return X.flatMap((line, i) => line.map((_, j) => (at(i, j, h) - at(i, j, -h)) / (2 * h)))
}

describe('a written-out gradient agrees with finite differences', () => {
  it.each([
    ['layer norm', normalize({ kind: 'layer', eps: 1e-5 })],
    ['rms norm', normalize({ kind: 'rms', eps: 1e-5 })],
    ['gelu_tanh', ACTIVATE.gelu_tanh],
  ])('%s', (_, f) => {
    const exact = tf.tidy(() =>
      (
        tf
          .grad(f as (x: tf.Tensor) => tf.Tensor)(tf.tensor2d(X), tf.tensor2d(DY))
          .arraySync() as number[][]
      ).flat(),
    )
    differences(f).forEach((slope, i) => expect(exact[i]).toBeCloseTo(slope, 3))
  })
})

it('gelu_tanh has the values of its definition', () => {
  const direct = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
  const values = [-6, -1, -0.1, 0, 0.5, 2, 9]
  const found = tf.tidy(() => (ACTIVATE.gelu_tanh(tf.tensor2d([values])).arraySync() as number[][])[0]!)
  values.forEach((x, i) => expect(found[i]).toBeCloseTo(direct(x), 6))
})

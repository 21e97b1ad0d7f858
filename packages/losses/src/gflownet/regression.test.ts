import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { type Regression, clamped, halfSquared, linex, shiftedCosh, squared } from './regression.ts'

const value = (g: Regression, t: number): number => g(tf.scalar(t)).dataSync()[0]
const slope = (g: Regression, t: number): number =>
  tf
    .grad((x) => g(x))(tf.scalar(t))
    .dataSync()[0]

// [t, g(t), g'(t)] of torchgfn's gflownet/losses.py, executed in float64
const REFERENCE: readonly (readonly [string, Regression, readonly (readonly [number, number, number])[]])[] = [
  [
    'squared',
    squared,
    [
      [-3, 9, -6],
      [0.5, 0.25, 1],
    ],
  ],
  [
    'halfSquared',
    halfSquared,
    [
      [-3, 4.5, -3],
      [0.5, 0.125, 0.5],
    ],
  ],
  [
    'shiftedCosh',
    shiftedCosh,
    [
      [-3, 18.1353239916, -20.0357498548],
      [1, 1.0861612696, 2.3504023873],
    ],
  ],
  [
    'linex(1)',
    linex(1),
    [
      [-3, 2.0497870674, -0.9502129316],
      [1, 0.7182818285, 1.7182818285],
    ],
  ],
  [
    'linex(0.5)',
    linex(0.5),
    [
      [-3, 2.8925206406, -1.5537396797],
      [3, 7.9267562814, 6.9633781407],
    ],
  ],
  [
    'linex(-1)',
    linex(-1),
    [
      [-3, 16.0855369232, -19.0855369232],
      [1, 0.3678794412, 0.6321205588],
    ],
  ],
]

describe.each(REFERENCE)('%s', (_, g, points) => {
  test('has the reference values and slopes', () => {
    for (const [t, expected, derivative] of points) {
      expect(value(g, t) / expected).toBeCloseTo(1, 5)
      expect(slope(g, t) / derivative).toBeCloseTo(1, 5)
    }
  })

  test('is 0 and flat at balance, positive elsewhere, and finite far away', () => {
    expect(value(g, 0)).toBe(0)
    expect(Math.abs(slope(g, 0))).toBe(0)
    for (const t of [-1e4, -90, -0.01, 0.01, 90, 1e4]) {
      expect(value(g, t)).toBeGreaterThan(0)
      expect(Number.isFinite(value(g, t) + slope(g, t))).toBe(true)
      expect(slope(g, t) * t).toBeGreaterThanOrEqual(0)
    }
  })
})

test('small residuals are not lost to cancellation', () => {
  expect(value(shiftedCosh, 1e-4) / 1e-8).toBeCloseTo(1, 2)
  expect(value(linex(1), 1e-3) / 5e-7).toBeCloseTo(1, 2)
})

test('linex refuses the α that divides by zero', () => {
  expect(() => linex(0)).toThrow('alpha must be a finite number other than 0')
})

test('linex keeps its digits where eˣ − 1 − x cancels', () => {
  for (const t of [1e-6, -1e-4, 0.01, 0.0499, 0.0501]) {
    const exact = (t * t) / 2 + t ** 3 / 6 + t ** 4 / 24 + t ** 5 / 120 + t ** 6 / 720
    expect(value(linex(1), t) / exact).toBeCloseTo(1, 5)
    expect(slope(linex(1), t) / Math.expm1(t)).toBeCloseTo(1, 5)
  }
})

test('clamped, a residual past the limit costs what it costs there and teaches nothing', () => {
  const g = clamped(2, squared)
  expect([value(g, 1.5), value(g, 7), value(g, -1e30)]).toEqual([2.25, 4, 4])
  expect([slope(g, 1.5), Math.abs(slope(g, 7)), Math.abs(slope(g, -1e30))]).toEqual([3, 0, 0])
  expect(() => clamped(0, squared)).toThrow('clamped: limit must be above 0, found 0')
})

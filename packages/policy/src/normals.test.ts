import { fold, keyOf } from '@gfnlm/env'
import { expect, it } from 'vitest'
import { normals } from './normals.ts'

it('has the moments of a normal distribution, and no two neighbours in step', () => {
  const n = 100_001
  const draws = normals(fold(keyOf(1), 'test'), n, 2)
  const mean = (f: (x: number, i: number) => number): number => draws.reduce((sum, x, i) => sum + f(x / 2, i), 0) / n
  // Four standard errors of each moment at this n.
  expect(Math.abs(mean((x) => x))).toBeLessThan(0.013)
  expect(Math.abs(mean((x) => x * x) - 1)).toBeLessThan(0.018)
  expect(Math.abs(mean((x) => x ** 4) - 3)).toBeLessThan(0.13)
  expect(Math.abs(mean((x, i) => (x * (draws[i + 1] ?? 0)) / 2))).toBeLessThan(0.013)
})

it('gives the same draws whatever their number', () => {
  const key = keyOf(3)
  expect(normals(key, 5, 1)).toEqual(normals(key, 8, 1).slice(0, 5))
})

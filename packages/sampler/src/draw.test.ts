import { keyOf, uniform } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { draw } from './draw.ts'

const some = Float64Array.of(0, 0.25, 0, 0.5, 0.25, 0)

test('u falls into the interval of its token', () => {
  expect([0, 0.2499, 0.25, 0.7499, 0.75, 0.9999].map((u) => draw(some, u).token)).toEqual([1, 1, 3, 3, 4, 4])
  expect(draw(some, 0.3).logProb).toBeCloseTo(Math.log(0.5), 15)
})

test('an impossible token is never drawn, even where rounding leaves the total below u', () => {
  const thirds = Float64Array.of(0, 1 / 3, 1 / 3, 1 / 3 - 1e-9, 0, 0)
  expect(draw(thirds, 1 - 2 ** -53).token).toBe(3)
  expect(draw(Float64Array.of(0, 0, 1), 0).token).toBe(2)
})

test('the only possible token has log-probability 0', () => {
  expect(draw(Float64Array.of(0, 1, 0), 0.999)).toEqual({ token: 1, logProb: 0 })
})

test('tokens come up as often as they are likely', () => {
  const n = 20_000
  const counts = new Float64Array(some.length)
  for (let i = 0; i < n; i++) counts[draw(some, uniform(keyOf(2), i)).token]++
  // four standard deviations of a binomial count
  some.forEach((p, token) => {
    expect(Math.abs(counts[token] - n * p)).toBeLessThanOrEqual(4 * Math.sqrt(n * p * (1 - p)))
  })
})

test('no possible token is a broken invariant', () => {
  expect(() => draw(Float64Array.of(0, 0), 0.5)).toThrow(RangeError)
  expect(() => draw(Float64Array.of(NaN, NaN), 0.5)).toThrow(RangeError)
})

import { expect, test } from 'vitest'
import { klDivergence, logSumExp, normaliseLog, totalVariation } from './distribution.ts'

test('total variation is half the L1 distance: 0 for equals, 1 for disjoint supports', () => {
  expect(totalVariation([0.5, 0.5], [0.5, 0.5])).toBe(0)
  expect(totalVariation([1, 0], [0, 1])).toBe(1)
  expect(totalVariation([0.5, 0.3, 0.2], [0.25, 0.25, 0.5])).toBeCloseTo(0.3, 15)
  expect(() => totalVariation([1], [0.5, 0.5])).toThrow(RangeError)
})

test('KL of fair against biased coins, in nats; where q excludes what p allows it is infinite', () => {
  expect(klDivergence([0.5, 0.5], [0.25, 0.75])).toBeCloseTo(0.5 * Math.log(4 / 3), 15)
  expect(klDivergence([1, 0], [0.5, 0.5])).toBeCloseTo(Math.log(2), 15)
  expect(klDivergence([0.5, 0.5], [1, 0])).toBe(Infinity)
  expect(klDivergence([-0, 1], [0, 1])).toBe(0)
  expect(klDivergence([NaN, 0.5], [0.5, 0.5])).toBeNaN()
})

test('logSumExp neither overflows nor underflows, and passes NaN on', () => {
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2), 12)
  expect(logSumExp([-1000, -1000])).toBeCloseTo(-1000 + Math.log(2), 12)
  expect(logSumExp([-Infinity, 0])).toBe(0)
  expect(logSumExp([])).toBe(-Infinity)
  expect(logSumExp([NaN, -Infinity])).toBeNaN()
})

test('normaliseLog does not change when all log-weights shift', () => {
  expect([...normaliseLog([0, Math.log(3)])]).toEqual([0.25, 0.75].map((p) => expect.closeTo(p, 14)))
  expect([...normaliseLog([-800, -800 + Math.log(3)])]).toEqual([0.25, 0.75].map((p) => expect.closeTo(p, 12)))
  expect(normaliseLog([-Infinity, 5])).toEqual(Float64Array.of(0, 1))
})

import { expect, test } from 'vitest'
import { fold, keyOf, normal, permutation, threefry, uniform, uniformInt } from './random.ts'

const hex = (words: readonly number[]): string[] => words.map((word) => word.toString(16).padStart(8, '0'))

// Random123 distribution, tests/kat_vectors, "threefry2x32 20".
test.each([
  [0, 0, 0, 0, ['6b200159', '99ba4efe']],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, ['1cb996fc', 'bb002be7']],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, ['c4923a9c', '483df7a0']],
])('threefry gives the known answer for key %i %i, counter %i %i', (k0, k1, c0, c1, answer) => {
  expect(hex(threefry(k0, k1, c0, c1))).toEqual(answer)
})

const draws = (n: number, of: (index: number) => number): number[] => Array.from({ length: n }, (_, i) => of(i))
const mean = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0) / xs.length

test('uniform draws fill ten bins evenly: chi-square below its 0.999 quantile for 9 degrees, 27.88', () => {
  const n = 20_000
  const bins = new Float64Array(10)
  for (const u of draws(n, (i) => uniform(keyOf(27), i))) {
    expect(u >= 0 && u < 1).toBe(true)
    bins[Math.floor(10 * u)] += 1
  }
  expect(bins.reduce((sum, count) => sum + (count - n / 10) ** 2 / (n / 10), 0)).toBeLessThan(27.88)
})

test.each([
  ['seeds next to each other', keyOf(1), keyOf(2)],
  ['purposes of one seed', fold(keyOf(1), 'sample'), fold(keyOf(1), 'shuffle')],
  ['rows of one step', fold(keyOf(1), 'sample', 3, 0), fold(keyOf(1), 'sample', 3, 1)],
  ['a key and its child', keyOf(1), fold(keyOf(1), 0)],
  ['words in another order', fold(keyOf(1), 3, 4), fold(keyOf(1), 4, 3)],
])('%s give uncorrelated draws', (_, a, b) => {
  const n = 5_000
  const covariance = mean(draws(n, (i) => (uniform(a, i) - 0.5) * (uniform(b, i) - 0.5)))
  expect(Math.abs(covariance * 12)).toBeLessThan(4 / Math.sqrt(n)) // four standard errors of the correlation
})

test('a draw depends on its key and index only', () => {
  expect(uniform(fold(keyOf(5), 'sample', 7), 11)).toBe(uniform(fold(keyOf(5), 'sample', 7), 11))
  expect(uniform(keyOf(5), 0)).not.toBe(uniform(keyOf(5), 1))
  expect(keyOf(2 ** 40 + 1)).not.toEqual(keyOf(1))
  expect(keyOf(-1)).not.toEqual(keyOf(0xffffffff))
  for (const none of [0.5, NaN, Infinity]) expect(() => keyOf(none)).toThrow(RangeError)
})

test('uniformInt takes every value below n and no other', () => {
  expect(new Set(draws(500, (i) => uniformInt(keyOf(3), 7, i)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]))
})

test('normal draws have mean 0 and variance 1', () => {
  const n = 20_000
  const xs = draws(n, (i) => normal(keyOf(4), i))
  expect(Math.abs(mean(xs))).toBeLessThan(4 / Math.sqrt(n))
  expect(Math.abs(mean(xs.map((x) => x * x)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
})

test('every permutation of three comes up, each about as often', () => {
  const counts = new Map<string, number>()
  for (const p of Array.from({ length: 6_000 }, (_, i) => permutation(fold(keyOf(9), i), 3).join('')))
    counts.set(p, (counts.get(p) ?? 0) + 1)
  expect([...counts.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210'])
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(130) // 4.5 standard deviations
})

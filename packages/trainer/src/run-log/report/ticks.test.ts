import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimalsOf, linearTicks, logTicks, niceStep, numberText } from './ticks.ts'

const texts = (ticks: readonly { text: string }[]): string[] => ticks.map(({ text }) => text)

test('ticks are round numbers with the decimals their step needs', () => {
  expect(texts(linearTicks(0, 1))).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0'])
  expect(texts(linearTicks(-36, -21))).toEqual(['−36', '−34', '−32', '−30', '−28', '−26', '−24', '−22'])
  expect(texts(linearTicks(0, 1e-4))).toEqual(['0', '2×10⁻⁵', '4×10⁻⁵', '6×10⁻⁵', '8×10⁻⁵', '10⁻⁴'])
  expect(texts(linearTicks(1, 300))).toEqual(['50', '100', '150', '200', '250', '300'])
  expect(texts(linearTicks(-0.012, 0.013))).toEqual(['−0.010', '−0.005', '0.000', '0.005', '0.010'])
})

test('any interval gets 3 to 8 ticks, inside it and in order', () => {
  const bound = fc.double({ min: -1e9, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(bound, fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (lo, width) => {
      // Narrower than this the places themselves are lost to rounding.
      const span = Math.max(width, 1e-6 * Math.abs(lo))
      const values = linearTicks(lo, lo + span).map(({ value }) => value)
      const slack = niceStep(span, 5) * 1e-6
      expect(values.length).toBeGreaterThanOrEqual(3)
      expect(values.length).toBeLessThanOrEqual(8)
      expect(values.every((v) => v >= lo - slack && v <= lo + span + slack)).toBe(true)
      expect(values.slice(1).every((v, i) => v > values[i]!)).toBe(true)
    }),
  )
})

test('a logarithmic axis has its powers of ten, with 2 and 5 when decades are few', () => {
  expect(texts(logTicks(0.3, 250))).toEqual(['1', '10', '100'])
  expect(texts(logTicks(0.8, 30))).toEqual(['1', '2', '5', '10', '20'])
  expect(texts(logTicks(3.1, 4.4))).toEqual(['3.2', '3.4', '3.6', '3.8', '4.0', '4.2', '4.4'])
  expect(texts(logTicks(1e-9, 1e7)).slice(0, 3)).toEqual(['10⁻⁹', '10⁻⁷', '10⁻⁵'])
})

test('numbers read as print has them', () => {
  expect([-0.0004, 0, -21.4, 12345.678, 2.5e7, 1e-5, -1e6].map((x) => numberText(x, 2))).toEqual([
    '0.00',
    '0.00',
    '−21.40',
    '12\u202f345.68',
    '2.5×10⁷',
    '10⁻⁵',
    '−10⁶',
  ])
  expect([NaN, Infinity, -Infinity].map((x) => numberText(x))).toEqual(['not a number', '∞', '−∞'])
})

test('a column has the decimals its numbers need, three at most', () => {
  expect([[1, 2], [0.5, 2], [0.25, 100], [1 / 3], [NaN]].map(decimalsOf)).toEqual([0, 1, 2, 3, 0])
})

import { keyOf, normal, uniform } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { expBelow } from './exp-below.ts'
import { exponentialsOf } from './exponentials.ts'

const scoresOf = (vocab: number, spread: number): Float64Array =>
  Float64Array.from({ length: vocab }, (_, i) => spread * normal(keyOf(vocab), i))

test.each([1, 2, 7, 512, 1001, 50_257])(
  'of %i scores: the largest, the weights and their sum are those of plain code, bit for bit',
  (vocab) => {
    const { scores, shift, largest, weigh } = exponentialsOf(vocab)
    for (const [spread, scale] of [
      [3, 1],
      [40, 1 / 0.3],
      [300, 1],
    ] as const) {
      const given = scoresOf(vocab, spread)
      shift.forEach((_, i) => {
        shift[i] = i % 5 === 3 ? -Infinity : Math.fround(uniform(keyOf(2), i))
      })
      scores.set(given)
      const shifted = given.map((score, i) => score + shift[i]!)
      const top = shifted.reduce((a, b) => Math.max(a, b))
      expect(largest()).toBe(top)
      const expected = shifted.map((score) => expBelow((score - top) * scale))
      expect(weigh(top, scale)).toBe(expected.reduce((sum, weight) => sum + weight, 0))
      const wrong = scores.findIndex((weight, i) => !Object.is(weight, expected[i]))
      expect(wrong).toBe(-1)
    }
  },
)

test('NaN is passed over by the largest and spoils the sum; −∞ weighs nothing; nothing legal is −∞', () => {
  const { scores, shift, largest, weigh } = exponentialsOf(3)
  shift.fill(0)
  scores.set([NaN, 2, -Infinity])
  expect(largest()).toBe(2)
  expect(weigh(2, 1)).toBe(NaN)
  expect([...scores]).toEqual([NaN, 1, 0])
  scores.set([-Infinity, -Infinity, -Infinity])
  expect(largest()).toBe(-Infinity)
})

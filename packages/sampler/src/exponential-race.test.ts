import { keyOf, uniform } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { exponentialRace } from './exponential-race.ts'

test('tokens win as often as their probability says', () => {
  const logits = [0, Math.log(2), Math.log(5), -Infinity]
  const wins = [0, 0, 0, 0]
  const runs = 20_000
  for (let i = 0; i < runs; i++)
    wins[
      exponentialRace(
        logits.map((z) => 2 * z),
        logits.map((_, v) => uniform(keyOf(1), 4 * i + v)),
        2,
      )
    ] += 1
  ;[1 / 8, 2 / 8, 5 / 8].forEach((p, v) =>
    expect(Math.abs(wins[v] / runs - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / runs)),
  )
  expect(wins[3]).toBe(0)
})

test('numbers at both ends of the interval are drawn by, too', () => {
  expect(exponentialRace([0, 0], [0, 1])).toBe(1)
  expect(exponentialRace([0, 0], [1, 0.999])).toBe(0)
  expect(() => exponentialRace([-Infinity], [0.5])).toThrow('no token can be drawn')
})

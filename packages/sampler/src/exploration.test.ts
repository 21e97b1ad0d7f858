import { fold, keyOf } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { type Exploration, type Explore, exploring, mixture, onPolicy, tempered } from './exploration.ts'

const rows = (explore: Explore, n = 3_000): Exploration[] =>
  Array.from({ length: n }, (_, row) => explore(fold(keyOf(27), 'explore', row)))

test('a row explores by its key alone', () => {
  const explore = mixture([
    { share: 1, explore: onPolicy },
    { share: 1, explore: tempered(0.5, 2) },
  ])
  expect(rows(explore)).toEqual(rows(explore))
  expect(new Set(rows(explore).map(({ temperature }) => temperature)).size).toBeGreaterThan(1_000)
})

test('the temperature is uniform on its range, and the rest goes along', () => {
  const drawn = rows(tempered(0.5, 2, { epsilon: 0.01 }))
  const temperatures = drawn.map(({ temperature }) => temperature)
  expect(Math.min(...temperatures)).toBeGreaterThanOrEqual(0.5)
  expect(Math.max(...temperatures)).toBeLessThanOrEqual(2)
  const mean = temperatures.reduce((sum, t) => sum + t, 0) / temperatures.length
  expect(Math.abs(mean - 1.25)).toBeLessThan(4 * Math.sqrt(1.5 ** 2 / 12 / temperatures.length))
  expect(drawn.every(({ epsilon }) => epsilon === 0.01)).toBe(true)
})

test('each way gets its share, whatever the shares add up to; a share of 0 gets none', () => {
  const ways = [
    { share: 1, explore: onPolicy },
    { share: 3, explore: exploring({ temperature: 2 }) },
    { share: 0, explore: exploring({ temperature: 9 }) },
  ]
  const temperatures = rows(mixture(ways)).map(({ temperature }) => temperature)
  const hot = temperatures.filter((t) => t === 2).length
  expect(Math.abs(hot - 2_250)).toBeLessThan(4 * Math.sqrt(3_000 * 0.75 * 0.25))
  expect(temperatures).not.toContain(9)
})

test('a number out of range is refused when the exploration is made, not when it is used', () => {
  expect(() => exploring({ temperature: -1 })).toThrow(/temperature -1/)
  expect(() => exploring({ temperature: 1, topK: 0 })).toThrow(/topK 0/)
  expect(() => exploring({ temperature: 1, topP: 0 })).toThrow(/topP 0/)
  expect(() => exploring({ temperature: 1, minP: 2 })).toThrow(/minP 2/)
  expect(() => exploring({ temperature: 1, epsilon: NaN })).toThrow(/epsilon NaN/)
  expect(() => tempered(2, 1)).toThrow(RangeError)
  expect(() => mixture([])).toThrow(RangeError)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lastValidIndex, truncateAtStop } from './stop-tokens.ts'

test('the first stop token stays and nothing after it', () => {
  const { tokens, padding, length } = truncateAtStop(Int32Array.of(5, 2, 2, 7, 8, 9), 3, [2], -1)
  expect([...tokens]).toEqual([5, 2, -1, 7, 8, 9])
  expect([...padding]).toEqual([0, 0, 1, 0, 0, 0])
  expect([...length]).toEqual([2, 3])
})

test('what is cut is padding, and the last token kept is the last that is not', () => {
  const row = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 })
  const rows = fc.array(row, { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(rows, (given) => {
      const { padding, length } = truncateAtStop(given.flat(), 4, [0, 3], 9)
      expect([...lastValidIndex(padding, 4)]).toEqual(Array.from(length, (l) => l - 1))
      expect(truncateAtStop(given.flat(), 4, [], 9).padding.every((p) => p === 0)).toBe(true)
    }),
  )
})

test('a row of padding alone has index 0, and half a row is an error', () => {
  expect([...lastValidIndex([true, true], 2)]).toEqual([0])
  expect(() => truncateAtStop([1, 2, 3], 2, [0], 0)).toThrow('truncateAtStop: 3 tokens are not rows of 2 steps')
})

import { expect, test } from 'vitest'
import { checkCount } from './check-count.ts'

test.each([0, -1, 1.5, NaN, Infinity, '2' as unknown as number])('%s is no count, and the error says of what', (n) => {
  expect(() => checkCount('sample', 'perPrompt', n)).toThrow(RangeError)
  expect(() => checkCount('sample', 'perPrompt', n)).toThrow(
    `sample: perPrompt must be a whole number of at least 1, found ${n}`,
  )
})

test('whole numbers from 1 are', () => {
  for (const n of [1, 2, 1e6]) expect(() => checkCount('sample', 'perPrompt', n)).not.toThrow()
})

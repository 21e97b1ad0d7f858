import { fold, keyOf, uniformInt } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { boundedDistance, editDistance, withinDistance } from './edit-distance.ts'

/** The whole table, as the textbook has it. */
const textbook = (a: Int32Array, b: Int32Array): number => {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j))
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      table[i][j] = Math.min(
        table[i - 1][j] + 1,
        table[i][j - 1] + 1,
        table[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
  return table[a.length][b.length]
}

const letters = (word: string): Int32Array => Int32Array.from(word, (c) => c.charCodeAt(0))

test.each([
  ['kitten', 'sitting', 3],
  ['saturday', 'sunday', 3],
  ['', 'abc', 3],
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abcd', 'bcda', 2],
])('from %j to %j it takes %i edits', (a, b, distance) => {
  expect(editDistance(letters(a), letters(b))).toBe(distance)
  expect(editDistance(letters(b), letters(a))).toBe(distance)
})

test('on 10 000 random pairs the band decides as the whole table does, at every limit', () => {
  const random = (pair: number, side: string): Int32Array => {
    const key = fold(keyOf(5), side, pair)
    const alphabet = 2 + (pair % 4)
    return Int32Array.from({ length: uniformInt(key, 13, 0) }, (_, i) => uniformInt(key, alphabet, i + 1))
  }
  for (let pair = 0; pair < 10_000; pair++) {
    const [a, b] = [random(pair, 'a'), random(pair, 'b')]
    const distance = textbook(a, b)
    const limit = pair % 13
    if (boundedDistance(a, b, limit) !== Math.min(distance, limit + 1) || editDistance(a, b) !== distance)
      expect.fail(`[${a}] to [${b}] within ${limit}: ${boundedDistance(a, b, limit)} for ${distance}`)
  }
})

test('any limit is allowed: negative, fractional, infinite', () => {
  const [a, b] = [letters('abc'), letters('abd')]
  expect([-1, 0, 0.5, 1, 1.9, Infinity].map((limit) => withinDistance(a, b, limit))).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
  ])
})

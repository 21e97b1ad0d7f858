import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PackedSequences, packBestFit, packBestFitSplit, packWrapped } from './packing.ts'

const sequences = (lists: readonly (readonly number[])[]): Int32Array[] => lists.map((list) => Int32Array.from(list))
const plain = (rows: readonly PackedSequences[]) => rows.map(({ tokens, lengths }) => [[...tokens], lengths])
const SOME = sequences([[1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 11], [12]])

test('figures of TRL', () => {
  expect(plain(packBestFit(SOME, 4))).toEqual([
    [[1, 2, 3, 4], [4]],
    [[8, 9, 10, 11], [4]],
    [
      [6, 7, 12],
      [2, 1],
    ],
  ])
  expect(plain(packBestFitSplit(SOME, 4))).toEqual([
    [[1, 2, 3, 4], [4]],
    [[8, 9, 10, 11], [4]],
    [
      [6, 7, 5, 12],
      [2, 1, 1],
    ],
  ])
  expect(plain(packWrapped(sequences([[1, 2, 3], [4, 5, 6, 7], [8]]), 3))).toEqual([
    [[1, 2, 3], [3]],
    [[4, 5, 6], [3]],
    [
      [7, 8],
      [1, 1],
    ],
  ])
})

test('a length is a length', () => {
  for (const pack of [packBestFit, packBestFitSplit, packWrapped])
    expect(() => pack(SOME, 0)).toThrow(`${pack.name}: length must be a whole number of at least 1, found 0`)
})

describe('any sequences', () => {
  const any = fc.tuple(
    fc.array(fc.array(fc.nat(99), { maxLength: 12 }), { maxLength: 30 }),
    fc.integer({ min: 1, max: 9 }),
  )
  const all = (rows: readonly PackedSequences[]): number[] =>
    rows.flatMap(({ tokens }) => [...tokens]).sort((a, b) => a - b)
  const given = (lists: readonly (readonly number[])[]): number[] => lists.flat().sort((a, b) => a - b)

  test('no row is too long or empty, and its lengths add up', () => {
    fc.assert(
      fc.property(any, ([lists, length]) => {
        for (const pack of [packBestFit, packBestFitSplit, packWrapped])
          for (const { tokens, lengths } of pack(sequences(lists), length)) {
            expect(tokens.length).toBeLessThanOrEqual(length)
            expect(lengths.every((n) => n > 0)).toBe(true)
            expect(lengths.reduce((a, b) => a + b, 0)).toBe(tokens.length)
          }
      }),
    )
  })

  test('splitting and wrapping lose no token, wrapping keeps their order in the fewest rows', () => {
    fc.assert(
      fc.property(any, ([lists, length]) => {
        expect(all(packBestFitSplit(sequences(lists), length))).toEqual(given(lists))
        const wrapped = packWrapped(sequences(lists), length)
        expect(wrapped.flatMap(({ tokens }) => [...tokens])).toEqual(lists.flat())
        expect(wrapped.length).toBe(Math.ceil(lists.flat().length / length))
      }),
    )
  })

  test('best fit: no two rows would fit into one', () => {
    fc.assert(
      fc.property(any, ([lists, length]) => {
        const rooms = packBestFit(sequences(lists), length).map(({ tokens }) => tokens.length)
        const [least = length, next = length] = rooms.sort((a, b) => a - b)
        expect(least + next).toBeGreaterThan(rooms.length > 1 ? length : 0)
      }),
    )
  })
})

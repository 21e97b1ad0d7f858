import { expect, test } from 'vitest'
import { leftPadded } from './left-padded.ts'

test('sequences end in the same column, behind what fills', () => {
  const { tokens, pad, width } = leftPadded([[1, 2, 3], [], [4]], { fill: -1 })
  expect(width).toBe(3)
  expect([...tokens]).toEqual([1, 2, 3, -1, -1, -1, -1, -1, 4])
  expect([...pad]).toEqual([0, 3, 2])
  expect([...leftPadded([[5]], { width: 2 }).tokens]).toEqual([0, 5])
  expect(() => leftPadded([[1, 2]], { width: 1 })).toThrow('a sequence of 2 does not fit into 1 columns')
})

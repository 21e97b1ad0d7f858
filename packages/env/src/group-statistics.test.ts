import { expect, test } from 'vitest'
import { perGroupMean, perGroupVariance } from './group-statistics.ts'

const group = Int32Array.of(0, 1, 0, 1, 2)

test('each group has its own mean and population variance', () => {
  const values = [1, 10, 3, 16, 7]
  expect([...perGroupMean(values, group)]).toEqual([2, 13, 7])
  expect([...perGroupVariance(values, group)]).toEqual([1, 9, NaN])
})

test('what separates the groups adds no variance', () => {
  expect([...perGroupVariance([5, -80, 5, -80, 0], group)]).toEqual([0, 0, NaN])
})

test('rows left out do not count, whatever they hold', () => {
  const keep = Uint8Array.of(1, 0, 1, 0, 0)
  expect([...perGroupMean([1, NaN, 3, NaN, NaN], group, keep)]).toEqual([2, NaN, NaN])
  expect([...perGroupVariance([1, NaN, 3, NaN, NaN], group, keep)]).toEqual([1, NaN, NaN])
})

test('a large common offset costs no precision', () => {
  const [variance] = perGroupVariance([1e9 + 1, 1e9 + 3], Int32Array.of(0, 0))
  expect(variance).toBe(1)
})

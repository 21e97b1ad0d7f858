import { expect, test } from 'vitest'
import { bucketed, bucketedCount, coarseCount } from './bucketed.ts'

test('lengths fall into few buckets, with a quarter of padding at most', () => {
  expect([1, 8, 9, 63, 64, 65, 100, 129, 300].map(bucketed)).toEqual([8, 8, 16, 64, 64, 80, 112, 160, 320])
  const lengths = Array.from({ length: 8192 }, (_, n) => n + 1)
  expect(new Set(lengths.map(bucketed)).size).toBe(36)
  for (const n of lengths) {
    expect(bucketed(n)).toBeGreaterThanOrEqual(n)
    if (n > 32) expect(bucketed(n)).toBeLessThanOrEqual(1.25 * n)
  }
})

test('counts are exact while they are small', () => {
  expect([1, 3, 7, 8, 9, 11, 17, 33].map(bucketedCount)).toEqual([1, 3, 7, 8, 10, 12, 20, 40])
  expect([1, 2, 3, 4, 5, 7, 9, 13, 17].map(coarseCount)).toEqual([1, 2, 3, 4, 6, 8, 12, 16, 24])
})

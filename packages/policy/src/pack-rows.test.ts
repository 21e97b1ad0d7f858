import { expect, test } from 'vitest'
import { bucketed, packRows } from './pack-rows.ts'

test('lengths fall into few buckets, with a quarter of padding at most', () => {
  expect([1, 8, 9, 63, 64, 65, 100, 129, 300].map(bucketed)).toEqual([8, 8, 16, 64, 64, 80, 112, 160, 320])
  const lengths = Array.from({ length: 8192 }, (_, i) => i + 1)
  expect(new Set(lengths.map(bucketed)).size).toBe(36)
  for (const n of lengths) {
    expect(bucketed(n)).toBeGreaterThanOrEqual(n)
    if (n > 32) expect(bucketed(n)).toBeLessThanOrEqual(1.25 * n)
  }
})

test('prompts end where completions begin', () => {
  const { tokens, pad, promptWidth } = packRows([Int32Array.of(5, 6), Int32Array.of(7)], Int32Array.of(1, 2, 3, 4), 2)
  expect(promptWidth).toBe(8)
  expect([...pad.data]).toEqual([6, 7])
  expect([...tokens.data]).toEqual([0, 0, 0, 0, 0, 0, 5, 6, 1, 2, 0, 0, 0, 0, 0, 0, 0, 7, 3, 4])
})

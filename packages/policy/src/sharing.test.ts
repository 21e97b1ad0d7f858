import { fold, keyOf, uniformInt } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { sharing } from './sharing.ts'

/** [rows] prompt numbers of groups of these sizes, one after another. */
const groupsOf = (...sizes: readonly number[]): Int32Array =>
  Int32Array.from(sizes.flatMap((size, prompt) => Array<number>(size).fill(prompt)))

test('groups of equal size share exactly, whatever the size', () => {
  expect(sharing(groupsOf(8), 256, 33)).toEqual({ trunks: 1, share: 8 })
  expect(sharing(groupsOf(...Array<number>(9).fill(11)), 64, 33)).toEqual({ trunks: 9, share: 11 })
})

test('where nothing is shared every row has a trunk of its own', () => {
  expect(sharing(groupsOf(1, 1, 1, 1, 1, 1, 1, 1, 1), 256, 33)).toEqual({ trunks: 9, share: 1 })
})

test('a prompt with many rows has several trunks, not the others empty slots', () => {
  // 5 · (256 + 4 · 33), not 4 · (256 + 8 · 33) or 11 · (256 + 33).
  expect(sharing(groupsOf(1, 1, 1, 8), 256, 33)).toEqual({ trunks: 5, share: 4 })
})

test('short prompts of long completions are not worth a second pass', () => {
  expect(sharing(groupsOf(4, 4), 8, 65)).toEqual({ trunks: 8, share: 1 })
  expect(sharing(groupsOf(4, 4), 8, 9)).toEqual({ trunks: 2, share: 4 })
})

test('groups that are ragged anew at every step meet few shapes, and never cost more than rows apart', () => {
  const key = fold(keyOf(3), 'ragged')
  const [rows, prompts, promptWidth, width] = [32, 6, 128, 25]
  const shapes = new Set<string>()
  for (let step = 0; step < 400; step++) {
    const group = Int32Array.from({ length: rows }, (_, row) => uniformInt(key, prompts, step * rows + row))
    const { trunks, share } = sharing(group, promptWidth, width)
    expect(trunks * share).toBeGreaterThanOrEqual(rows)
    expect(trunks * (promptWidth + share * width)).toBeLessThan(0.5 * rows * (promptWidth + width))
    shapes.add(`${trunks} × ${share}`)
  }
  expect(shapes.size).toBeLessThanOrEqual(6)
})

import { fold, keyOf, uniformInt } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { packRows } from './pack-rows.ts'

const promptsOf = (...tokens: readonly (readonly number[])[]) => tokens.map((t) => ({ tokens: Int32Array.from(t) }))

test('rows of one prompt hang on it in any order; prompts stand at the right of their columns', () => {
  const actions = Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const packed = packRows({ prompts: promptsOf([5, 6], [7]), group: Int32Array.of(1, 0, 1, 0), width: 2 }, actions)
  expect(packed.prompts.shape).toEqual([2, 8])
  expect([...packed.prompts.data]).toEqual([0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 5, 6])
  expect([...packed.pad.data]).toEqual([7, 6])
  expect([...packed.rowAt.data]).toEqual([0, 2, 1, 3])
  expect([...packed.slotOf.data]).toEqual([0, 2, 1, 3])
  expect(packed.actions.shape).toEqual([4, 2])
  expect(packed.actions.data).toBe(actions)
})

test('rows without company keep their order, and unused prompts take no room', () => {
  const { prompts, rowAt, slotOf } = packRows(
    { prompts: promptsOf([1], [2], Array<number>(99).fill(3)), group: Int32Array.of(1, 0), width: 2 },
    Int32Array.of(8, 9, 8, 9),
  )
  expect(prompts.shape).toEqual([2, 8])
  expect([...prompts.data].filter((token) => token !== 0)).toEqual([2, 1])
  expect([[...rowAt.data], [...slotOf.data]]).toEqual([
    [0, 1],
    [0, 1],
  ])
})

test('however ragged the groups are, every row is found in a slot of its own prompt', () => {
  const key = fold(keyOf(1), 'rows')
  for (let trial = 0; trial < 100; trial++) {
    const rows = 1 + uniformInt(key, 40, 2 * trial)
    const of = 1 + uniformInt(key, 9, 2 * trial + 1)
    const prompts = Array.from({ length: of }, (_, p) => ({ tokens: new Int32Array(20 + p).fill(p + 1) }))
    const group = Int32Array.from({ length: rows }, (_, row) => uniformInt(fold(key, trial), of, row))
    const packed = packRows({ prompts, group, width: 3 }, new Int32Array(rows * 3))
    const [trunks, share] = packed.rowAt.shape as [number, number]
    expect(packed.prompts.shape[0]).toBe(trunks)
    group.forEach((prompt, row) => {
      const slot = packed.slotOf.data[row]!
      expect(packed.rowAt.data[slot]).toBe(row)
      const trunk = Math.floor(slot / share)
      expect(packed.prompts.data[(trunk + 1) * packed.prompts.shape[1]! - 1]).toBe(prompt + 1)
      expect(packed.prompts.shape[1]! - packed.pad.data[trunk]!).toBe(prompts[prompt]!.tokens.length)
    })
    packed.rowAt.data.forEach((row, slot) => {
      const trunk = Math.floor(slot / share)
      expect(packed.prompts.data[(trunk + 1) * packed.prompts.shape[1]! - 1]).toBe(group[row]! + 1)
    })
  }
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Started, waitingRows } from './waiting-rows.ts'

/** Takes rows a few at a time until there are none; what was started, batch by batch, and what came. */
const taken = async (group: Int32Array, slots: number, counts: readonly number[]) => {
  const batches: (readonly number[])[] = []
  const waiting = waitingRows(group, slots, async (prompts) => {
    batches.push(prompts)
    return prompts
  })
  const rows: Started<readonly number[]>[] = []
  const takes: number[] = []
  for (let i = 0; ; i++) {
    const some = await waiting.take(i === 0 ? slots : counts[i % counts.length]!)
    if (some.length === 0) return { batches, rows, takes }
    takes.push(some.length)
    rows.push(...some)
  }
}

const groups = fc.array(fc.nat(6), { minLength: 1, maxLength: 40 }).map((group) => Int32Array.from(group))
const counts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })

test('every row comes once, beside its own prompt; every prompt runs in one batch, and all batches are as large', () =>
  fc.assert(
    fc.asyncProperty(groups, fc.integer({ min: 1, max: 12 }), counts, async (group, slots, some) => {
      const { batches, rows } = await taken(group, slots, some)
      expect(rows.map(({ row }) => row).sort((a, b) => a - b)).toEqual([...group.keys()])
      for (const { row, batch, place } of rows) expect(batch[place]).toBe(group[row])
      const run = batches.flatMap((batch) => [...new Set(batch)])
      expect(run.sort((a, b) => a - b)).toEqual([...new Set(group)].sort((a, b) => a - b))
      expect(new Set(batches.map((batch) => batch.length)).size).toBe(1)
      expect(batches[0]!.length).toBeLessThanOrEqual(slots)
    }),
  ))

test('no row needs a batch after the one that is said to be its last, and every batch has one', () =>
  fc.assert(
    fc.asyncProperty(groups, fc.integer({ min: 1, max: 12 }), async (group, slots) => {
      const { batches, rows } = await taken(group, slots, [1])
      const one = await taken(group, slots, [group.length])
      expect(one.rows.filter(({ last }) => last).length).toBe(one.batches.length)
      // the first take comes in order of row: only after it is the order that of the prompts
      const after = rows.slice(slots)
      after.forEach(({ batch, last }, i) =>
        expect(after.slice(i + 1).some((later) => later.batch === batch)).toBe(!last),
      )
      expect(rows.filter(({ last }) => last).length).toBe(batches.length)
    }),
  ))

test('with a slot for every row they come in their order, all prompts in one batch', async () => {
  const { batches, rows } = await taken(Int32Array.of(2, 0, 2, 1), 4, [4])
  expect(rows.map(({ row }) => row)).toEqual([0, 1, 2, 3])
  expect(batches).toEqual([[0, 1, 2]])
})

test('many prompts run as many at a time as the slots have, spread evenly', async () => {
  const { batches } = await taken(
    Int32Array.from({ length: 14 }, (_, row) => Math.floor(row / 2)),
    6,
    [1],
  )
  expect(batches).toEqual([
    [0, 1, 2],
    [3, 4, 5],
    [6, 6, 6],
  ])
})

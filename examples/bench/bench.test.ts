import { expect, it } from 'vitest'
import { FAMILIES } from './families.ts'
import { against, takeTurns, timed } from './measure/compare.ts'
import { loraStepFlops } from './measure/flops.ts'
import { benchTable } from './render/bench-table.ts'
import { fill } from './render/fill.ts'
import { growthTable } from './render/growth-table.ts'
import { quantizedTable } from './render/quantized-table.ts'
import { recordOf } from './render/record.ts'
import { type Row, isMet } from './row.ts'

const rows = Object.values(FAMILIES).flatMap((family) => family.rows)
const machine = { cpu: 'a processor', cores: 2, memoryGB: 4, node: 'v20', onnxruntime: '1.30.0', date: '2026-11-21' }

it('has every row once', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
})

it('takes the fastest peer and the median of the rounds', () => {
  const of = new Map([
    ['ours', [10, 10, 20]],
    ['a', [40, 40, 40]],
    ['b', [30, 20, 30]],
  ])
  const rounds = { of, absent: new Map([['c', 'not installed']]) }
  expect(against(rounds, 'ours', ['a', 'b', 'c'], 'faster')).toEqual({
    ours: 10,
    peer: 30,
    ratio: 2,
    detail: { a: 40, b: 30, c: 'not installed' },
  })
  expect(against(rounds, 'ours', ['a', 'b'], 'slower').ratio).toBe(0.5)
  expect(against(rounds, 'ours', ['c'], 'faster')).toMatchObject({ ours: 10, peer: null, ratio: null })
})

it('lets every source run in every round, absent peers aside', async () => {
  const ran: string[] = []
  const source = (name: string) => timed(name, 2, async () => void ran.push(name))
  const { of } = await takeTurns([source('a'), { name: 'gone', absent: 'why' }, source('b')], 2)
  expect(ran.join('')).toBe('aabb'.repeat(3))
  expect([...of.keys()]).toEqual(['a', 'b'])
})

it('judges a row by its ratio or by its own figure', () => {
  const row: Row = { name: 'x', measures: '', against: '', unit: 'ms', of: 'ratio', bound: 'at least', limit: 2 }
  expect([1.9, 2].map((ratio) => isMet(row, { ours: 1, peer: 1, ratio }))).toEqual([false, true])
  expect(isMet(row, { ours: 1, peer: null, ratio: null })).toBeNull()
  expect(isMet({ ...row, of: 'ours', bound: 'at most' }, { ours: 3, peer: null, ratio: null })).toBe(false)
})

// One layer, one row of one token: by hand from the products that a step has.
it('counts the operations of a LoRA step', () => {
  const [D, V, R] = [4, 10, 2]
  const forward = 2 * (12 * D * D + D * V) + 2 * 2 * D + 2 * (D * R + R * 3 * D)
  const backward = 2 * (9 * D * D + D * V) + 2 * (2 * 2 * D) + 2 * 2 * (D * R + R * 3 * D)
  expect(loraStepFlops({ L: 1, D, H: 1, V, T: 1, B: 1, R })).toBe(forward + backward)
})

it('prints a row as JSON with the fields of the table first', () => {
  const record = recordOf(rows[0]!, { ours: 1, peer: null, ratio: null }, machine)
  expect(Object.keys(record).slice(0, 6)).toEqual(['name', 'ours', 'peer', 'ratio', 'limit', 'unit'])
  expect(record).toMatchObject({ peer: null, ratio: null, met: null })
})

it('writes tables between markers only', () => {
  const text = 'a\n<!-- bench: growth -->\nold\n<!-- /bench -->\nb\n<!-- bench: other -->\nkept\n<!-- /bench -->\n'
  const table = growthTable([
    { axis: 'rows', value: 2, training: 10, decode: 1 },
    { axis: 'rows', value: 4, training: 25, decode: 1.5 },
  ])
  expect(fill(text, { growth: table })).toBe(
    `a\n<!-- bench: growth -->\n${table}\n<!-- /bench -->\nb\n<!-- bench: other -->\nkept\n<!-- /bench -->\n`,
  )
  expect(table.split('\n').at(-1)).toBe('|  | 4 | 25.0 ms (2.5 ×) | 1.50 ms (1.5 ×) |')
})

it('compares bases of fewer bits with the first', () => {
  const cost = (step: number, peak: number) => ({ step, peak })
  const table = quantizedTable([
    { bits: 32, training: cost(100, 1e9), decode: cost(10, 5e8), loss: 1.5 },
    { bits: 4, training: cost(110, 5e8), decode: cost(9, 2e8), loss: 1.51 },
  ])
  expect(table.split('\n').at(-1)).toBe(
    '| 4 | 110 ms (1.10 ×) | 500 MB (0.50 ×) | 9.00 ms (0.90 ×) | 200 MB (0.40 ×) | 1.5100 |',
  )
})

it('says which limits are not met', () => {
  const record = recordOf(rows[0]!, { ours: 1000, peer: 2000, ratio: 2 }, machine)
  expect(benchTable([record]).split('\n').at(-1)).toContain(
    '| 1 000 ms | PyTorch as it comes, every core | 2 000 ms | 2.00 × | ≥ 3.5 ×, **not met** |',
  )
})

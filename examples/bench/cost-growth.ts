/**
 * How the cost of a LoRA training step and of a cached decode step grows with rows, length, layers and vocabulary, one
 * at a time from the GPT-2 shape, four points each.
 *
 *   node examples/dist/bench/cost-growth.js [--quick] [--json]
 *
 * Prints a markdown table, or with --json one JSON line a point. Takes about five minutes; L D H V T B R in the
 * environment change what it starts from.
 */
import { parseArgs } from 'node:util'
import { inChild } from './measure/child.ts'
import { type Growth, growthTable } from './render/growth-table.ts'
import { type Shape, gpt2Shape } from './shapes.ts'

const {
  values: { quick, json },
} = parseArgs({ options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } } })

/** Parts of the shape's own value, so that a smaller shape has smaller points. */
const AXES: readonly {
  readonly axis: Growth['axis']
  readonly of: keyof Shape
  readonly parts: readonly number[]
}[] = [
  { axis: 'rows', of: 'B', parts: [1 / 4, 1 / 2, 1, 2] },
  { axis: 'length', of: 'T', parts: [1 / 2, 1, 2, 4] },
  { axis: 'layers', of: 'L', parts: [1 / 4, 1 / 2, 1, 2] },
  { axis: 'vocabulary', of: 'V', parts: [1 / 8, 1 / 4, 1 / 2, 1] },
]

const points: Growth[] = []
for (const { axis, of, parts } of AXES)
  for (const part of parts) {
    const value = Math.max(1, Math.round(gpt2Shape[of] * part))
    const shape = Object.fromEntries(
      Object.entries({ ...gpt2Shape, [of]: value }).map(([name, n]) => [name, String(n)]),
    )
    const times = await inChild<Pick<Growth, 'training' | 'decode'>>('step-times', [quick ? '2' : '5'], shape)
    points.push({ axis, value, ...times })
    if (json) process.stdout.write(`${JSON.stringify(points.at(-1))}\n`)
  }
if (!json) process.stdout.write(`${growthTable(points)}\n`)

/**
 * What a frozen base of 4 or 8 bits costs and spares against float32, at the GPT-2 shape: a LoRA training step, a cached
 * decode step, and the most memory that each of these processes held; and what it costs in loss, for the story model on
 * held-out stories.
 *
 *   node examples/dist/bench/quantized-base.js [--json]
 *
 * Prints a markdown table, or with --json one JSON line a row; L D H V T B R in the environment change the shape. The
 * processes take turns, three rounds.
 */
import { parseArgs } from 'node:util'
import type { QuantizedStep } from './children/quantized-base.ts'
import type { QuantizedLoss } from './children/quantized-loss.ts'
import { inChild } from './measure/child.ts'
import { median } from './measure/compare.ts'
import { temporaryDirectory } from './measure/temporary.ts'
import { type QuantizedRow, quantizedTable } from './render/quantized-table.ts'

const {
  values: { json },
} = parseArgs({ options: { json: { type: 'boolean', default: false } } })

const WORKS = ['train', 'decode'] as const
const BITS = [32, 8, 4] as const
const ROUNDS = 3

const model = temporaryDirectory()
await inChild('write-checkpoint', [model])
const taken: (QuantizedStep & { readonly bits: number; readonly work: string })[] = []
for (let round = 0; round < ROUNDS; round++)
  for (const work of WORKS)
    for (const bits of BITS)
      taken.push({ bits, work, ...(await inChild<QuantizedStep>('quantized-base', [model, String(bits), work])) })

const losses = new Map<number, number>()
for (const bits of BITS) losses.set(bits, (await inChild<QuantizedLoss>('quantized-loss', [String(bits)])).loss)

const rows = BITS.map((bits): QuantizedRow => {
  const of = (work: string, what: keyof QuantizedStep): number =>
    median(taken.filter((t) => t.bits === bits && t.work === work).map((t) => t[what]))
  return {
    bits,
    training: { step: of('train', 'step'), peak: of('train', 'peak') },
    decode: { step: of('decode', 'step'), peak: of('decode', 'peak') },
    loss: losses.get(bits)!,
  }
})
process.stdout.write(json ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : `${quantizedTable(rows)}\n`)

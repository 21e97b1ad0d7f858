/**
 * Writes the figures of benchmark runs into markdown files, between their markers.
 *
 *   npm run bench -- --long --json > figures.jsonl
 *   node examples/dist/bench/cost-growth.js --json >> figures.jsonl
 *   node examples/dist/bench/quantized-base.js --json >> figures.jsonl
 *   node examples/dist/bench/write-figures.js figures.jsonl docs/performance.md README.md
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { benchTable, machineSentence, summaryTable } from './render/bench-table.ts'
import { fill } from './render/fill.ts'
import { type Growth, growthTable } from './render/growth-table.ts'
import { type QuantizedRow, quantizedTable } from './render/quantized-table.ts'
import type { Recorded } from './render/record.ts'

const [figures, ...texts] = process.argv.slice(2)
const lines = readFileSync(figures!, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line) as Recorded | Growth | QuantizedRow)
const records = lines.filter((line): line is Recorded => 'name' in line)
const points = lines.filter((line): line is Growth => 'axis' in line)
const bases = lines.filter((line): line is QuantizedRow => 'bits' in line)
const blocks = {
  ...(records.length === 0
    ? {}
    : { machine: machineSentence(records), table: benchTable(records), summary: summaryTable(records) }),
  ...(points.length === 0 ? {} : { growth: growthTable(points) }),
  ...(bases.length === 0 ? {} : { quantised: quantizedTable(bases) }),
}
for (const path of texts) writeFileSync(path, fill(readFileSync(path, 'utf8'), blocks))

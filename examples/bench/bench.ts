/**
 * How fast gfnlm is, how much memory it takes and whether it stays out of the way: each figure against a peer or the
 * machine's own limit, measured in turns.
 *
 *   npm run bench [-- --quick] [-- --long] [-- --json] [-- --only NAME …]
 *
 * --only takes names or their beginnings (`decode`); --quick takes fewer and shorter rounds; --long runs the 10 000
 * steps that are 1 500 otherwise; --json prints one JSON line a row and nothing else; --list prints the rows.
 *
 * L D H V T B R in the environment change the GPT-2 shape, BENCH_RUNS the rounds, PYTHON the interpreter,
 * GFNLM_THREADS our threads, STORIES260K the model that is sampled from. Takes about a quarter of an hour.
 */
import { parseArgs } from 'node:util'
import { FAMILIES } from './families.ts'
import { inChild } from './measure/child.ts'
import { machine } from './measure/machine.ts'
import { gpt2Shape } from './shapes.ts'
import type { Effort, Measured, Row } from './row.ts'
import { recordOf } from './render/record.ts'
import { HEADER, lineOf } from './render/show.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
  },
})
const { json, quick, long, list, only } = options
const effort: Effort = {
  quick,
  rounds: Number(process.env['BENCH_RUNS'] ?? (quick ? 2 : 5)),
  longRun: long ? 10_000 : quick ? 300 : 1500,
}

const smaller = Object.entries(gpt2Shape).filter(([name]) => process.env[name] !== undefined)
const shapeNote =
  smaller.length === 0 ? '' : `not the GPT-2 shape but ${smaller.map(([name, n]) => `${name} ${n}`).join(', ')}`

const asked = ({ name }: Row): boolean => only.length === 0 || only.some((start) => name.startsWith(start))
const all = Object.values(FAMILIES).flatMap(({ rows }) => rows)
const unknown = only.find((start) => !all.some(({ name }) => name.startsWith(start)))
if (unknown !== undefined)
  throw new RangeError(`no row is called ${unknown}: ${all.map(({ name }) => name).join(', ')}`)

/** The rows of a family, measured in a process of their own: what one leaves behind is not in the next one's figures. */
const measured = (name: string): Promise<Readonly<Record<string, Measured>>> =>
  inChild('family', [name, JSON.stringify(effort)])

const failed = ({ message }: Error): Measured => ({ ours: NaN, peer: null, ratio: null, detail: { failed: message } })

const print = (line: string): void => void process.stdout.write(`${line}\n`)

if (shapeNote !== '') process.stderr.write(`${shapeNote}\n`)
if (list)
  for (const { name, measures, against } of all)
    print(`${name.padEnd(24)}${measures}${against === '' ? '' : `, against ${against}`}`)
else if (!json) print(HEADER)
const about = machine()
for (const [name, { rows }] of list ? [] : Object.entries(FAMILIES)) {
  const wanted = rows.filter(asked)
  if (wanted.length === 0) continue
  const figures = await measured(name).catch((error: Error) => error)
  if (figures instanceof Error) process.exitCode = 1
  for (const row of wanted) {
    const figure = figures instanceof Error ? failed(figures) : figures[row.name]!
    print(json ? JSON.stringify(recordOf(row, figure, about)) : lineOf(row, figure))
  }
}

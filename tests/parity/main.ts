/**
 * npm run parity -- FILE…
 *
 * Runs the cases of vector files through the library and prints one line a case, then `N passed, N failed,
 * N skipped`. Exit code 1 if any failed, 2 if a file cannot be read.
 */
import { resolve } from 'node:path'
import { FLOAT32 } from './comparison.ts'
import { type Outcome, runParity, summary } from './run-parity.ts'
import type { Vector } from './layouts.ts'
import { readVectors } from './vector-file.ts'

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error('usage: npm run parity -- FILE…   (for one: tests/parity/fixtures/gflownet.json)')
  process.exit(2)
}

console.log(
  `Formulas run on the pure-JS tfjs engine, in float32 and in float64; compiled functions run on ONNX Runtime in ` +
    `float32, host functions in float64. Tolerated is, in float32, ${FLOAT32.relative} of the largest expected number ` +
    `of an array + ${FLOAT32.absolute}; in float64 the case's own tolerance_abs, relative to numbers above 1.`,
)
const read = (path: string): readonly Vector[] => {
  try {
    // npm runs scripts at the repository's root, and says where it was called.
    return readVectors(resolve(process.env.INIT_CWD ?? '.', path))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}
const outcomes: Outcome[] = []
for (const vectors of files.map(read)) outcomes.push(...(await runParity(vectors)))
for (const { status, name, remark } of outcomes) console.log(`${status.padEnd(7)} ${name}: ${remark}`)
console.log(summary(outcomes))
process.exitCode = outcomes.some(({ status }) => status === 'failed') ? 1 : 0

import { type Comparison, type Part, errorOf } from './comparison.ts'
import { checkerOf } from './registry.ts'
import type { Vector } from './layouts.ts'

/** The outcome of one counted thing. */
export interface Outcome {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
  /** Worst error in units of what is tolerated, or why it was skipped, or what went wrong. */
  readonly remark: string
}

/** A checker turns a case into comparisons; `others` are all cases of the file, for cases that build on another. */
export type Checker = (vector: Vector, others: readonly Vector[]) => readonly Part[] | Promise<readonly Part[]>

const judged = (name: string, comparisons: readonly Comparison[], absolute: number): Outcome => {
  if (comparisons.length === 0) return { name, status: 'failed', remark: 'nothing was compared' }
  const errors = comparisons.map((comparison) => ({ ...comparison, error: errorOf(comparison, absolute) }))
  const worst = (['float32', 'float64'] as const).flatMap((precision) => {
    const of = errors.filter((comparison) => comparison.precision === precision)
    return of.length === 0 ? [] : [of.reduce((a, b) => (b.error > a.error ? b : a))]
  })
  const sizes = worst.map(
    ({ error, precision, what }) => `${error.toPrecision(2)} × tolerance in ${precision} (${what})`,
  )
  const remark = `${comparisons.length} compared, worst ${sizes.join(', ')}`
  return { name, status: worst.every(({ error }) => error <= 1) ? 'passed' : 'failed', remark }
}

const outcomeOf = (vector: Vector, part: Part): Outcome => {
  const name = part.part === '' ? vector.name : `${vector.name} / ${part.part}`
  return 'skipped' in part
    ? { name, status: 'skipped', remark: part.skipped }
    : judged(name, part.comparisons, vector.tolerance_abs)
}

const checked = async (vector: Vector, others: readonly Vector[]): Promise<readonly Outcome[]> => {
  const checker = checkerOf(vector)
  if (typeof checker === 'string') return [{ name: vector.name, status: 'skipped', remark: checker }]
  try {
    return (await checker(vector, others)).map((part) => outcomeOf(vector, part))
  } catch (error) {
    return [{ name: vector.name, status: 'failed', remark: error instanceof Error ? error.message : String(error) }]
  }
}

/** Runs every case of a file through the library, one after the other. A checker that throws is a case that failed. */
export const runParity = async (vectors: readonly Vector[]): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const vector of vectors) outcomes.push(...(await checked(vector, vectors)))
  return outcomes
}

/** The line that sums up: `N passed, N failed, N skipped`. */
export const summary = (outcomes: readonly Outcome[]): string =>
  (['passed', 'failed', 'skipped'] as const)
    .map((status) => `${outcomes.filter((outcome) => outcome.status === status).length} ${status}`)
    .join(', ')

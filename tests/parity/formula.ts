import { inFloat64 } from '#losses/testing/float64'
import type { Part } from './comparison.ts'
import type { Vector } from './layouts.ts'
import type { Checker } from './run-parity.ts'

/** A checker of tensor formulas alone: nothing compiled, nothing awaited. */
export type Formula = (vector: Vector, others: readonly Vector[]) => readonly Part[]

/** The comparisons of a part in both precisions. */
const both = (single: Part, double: Part): Part =>
  'skipped' in single || 'skipped' in double
    ? single
    : {
        part: single.part,
        comparisons: [
          ...single.comparisons,
          ...double.comparisons.map((comparison) => ({ ...comparison, precision: 'float64' as const })),
        ],
      }

/** Checks formulas twice: in float32, as they run, and in float64, where only a wrong formula differs. */
export const formula =
  (check: Formula): Checker =>
  (vector, others) => {
    const double = inFloat64(() => check(vector, others))
    return check(vector, others).map((single, i) => both(single, double[i]))
  }

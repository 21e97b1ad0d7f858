import fc from 'fast-check'
import type { LossCase } from '../testing/laws.ts'
import { type Row, between } from '../testing/rows.ts'

export const logProb: fc.Arbitrary<number> = between(-8, -1)
const length = fc.integer({ min: 1, max: 5 })
export const keep: fc.Arbitrary<number> = fc.constantFrom(0, 1, 1)

/** A pair with everything that a pair loss may read, of which each reads some. */
const pair: Readonly<Record<string, fc.Arbitrary<number>>> = {
  chosenLogProb: logProb,
  rejectedLogProb: logProb,
  referenceChosenLogProb: logProb,
  referenceRejectedLogProb: logProb,
  chosenLength: length,
  rejectedLength: length,
  chosenNll: between(0.2, 4),
  goldNll: between(0.2, 4),
  keep,
}

/** Rows that may be dropped, and then may hold anything. */
export const droppable = (row: fc.Arbitrary<Row>): Pick<LossCase, 'row' | 'blank' | 'empty'> => ({
  row,
  blank: (given) =>
    given['keep'] === 1 ? given : { ...Object.fromEntries(Object.keys(given).map((name) => [name, NaN])), keep: 0 },
  empty: (given) => ({ ...given, keep: 0 }),
})

/** Pairs with the inputs named. */
export const having = (...names: readonly string[]): Pick<LossCase, 'row' | 'blank' | 'empty'> =>
  droppable(fc.record(Object.fromEntries(names.map((name) => [name, pair[name]]))))

export const POLICY = ['chosenLogProb', 'rejectedLogProb'] as const
export const REFERENCE = [
  'chosenLogProb',
  'rejectedLogProb',
  'referenceChosenLogProb',
  'referenceRejectedLogProb',
] as const
export const LENGTHS = ['chosenLength', 'rejectedLength'] as const

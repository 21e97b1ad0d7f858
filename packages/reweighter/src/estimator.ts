import type { Annotated } from '@gfnlm/env'

/** What every batch tells: how many rows it has, and which of them count (keep 0: the row's reward failed). */
export type Rows = Pick<Annotated, 'rows' | 'keep'>

/**
 * What each row of a batch counts for: [rows] weights, at least 0; rows with keep = 0 get 0. The type of the batch
 * names the columns that are read, so that an estimator serves every batch that has them.
 */
export type Estimator<Batch extends Rows = Annotated> = (batch: Batch) => Float32Array

/** The weights of rows one by one; 0 for those with keep = 0. */
export const byRow = ({ rows, keep }: Rows, weightOf: (row: number) => number): Float32Array =>
  Float32Array.from({ length: rows }, (_, row) => (keep[row] === 0 ? 0 : weightOf(row)))

/** Every kept row counts alike: weight 1. */
export const uniform: Estimator<Rows> = (batch) => byRow(batch, () => 1)

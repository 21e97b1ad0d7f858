import { effectiveSampleSize } from './effective-sample-size.ts'
import type { Rows } from './estimator.ts'

/** What is worth knowing of a batch's weights: a few heavy rows are a batch of few rows. */
export interface WeightStatistics {
  readonly effectiveSampleSize: number
  /** Smallest and largest weight of a kept row; 0 where none is kept. */
  readonly min: number
  readonly max: number
  /** Of the kept rows, the fraction whose weight a bound changed. */
  readonly clipped: number
}

/** Statistics of the kept rows' weights. */
export const weightStatistics = (
  batch: Rows & { readonly weight: Float32Array; readonly clipped?: Uint8Array },
): WeightStatistics => {
  const kept = Array.from(batch.weight.keys()).filter((row) => batch.keep[row] !== 0)
  const weights = kept.map((row) => batch.weight[row])
  return {
    effectiveSampleSize: effectiveSampleSize(weights),
    min: weights.length === 0 ? 0 : weights.reduce((least, w) => Math.min(least, w)),
    max: weights.reduce((most, w) => Math.max(most, w), 0),
    clipped: kept.filter((row) => batch.clipped?.[row] === 1).length / Math.max(1, kept.length),
  }
}

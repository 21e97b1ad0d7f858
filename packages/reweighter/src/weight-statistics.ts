import { effectiveSampleSize } from './effective-sample-size.ts'
import type { Rows } from './estimator.ts'

/** What is worth knowing of a batch's weights: a few heavy rows are a batch of few rows. */
export interface WeightStatistics {
  readonly effectiveSampleSize: number
  /** Smallest and largest weight that counts; 0 where none does. */
  readonly min: number
  readonly max: number
  /** Of the weights that count, the fraction that a bound changed. */
  readonly clipped: number
}

/** A weight, 1 where it is not given, and whether a bound changed it. */
export interface BoundedWeight {
  readonly weight?: number
  readonly clipped?: boolean
}

/**
 * Statistics of the weights of a list: of samples from `weighEach`, in the list that is learned from.
 *
 * @throws RangeError for a weight that is negative or not finite: no loss is to see it
 * @example learn(trainer, { describe: ({ pairs }) => weightMetrics(statisticsOfEach(pairs)) })
 */
export const statisticsOfEach = (samples: readonly BoundedWeight[]): WeightStatistics => {
  const weights = samples.map(({ weight = 1 }) => weight)
  return {
    effectiveSampleSize: effectiveSampleSize(weights),
    min: weights.length === 0 ? 0 : weights.reduce((least, w) => Math.min(least, w)),
    max: weights.reduce((most, w) => Math.max(most, w), 0),
    clipped: samples.filter(({ clipped }) => clipped === true).length / Math.max(1, samples.length),
  }
}

/** Statistics of the kept rows' weights. */
export const weightStatistics = (
  batch: Rows & { readonly weight: Float32Array; readonly clipped?: Uint8Array },
): WeightStatistics =>
  statisticsOfEach(
    Array.from(batch.weight, (weight, row) => ({ weight, clipped: batch.clipped?.[row] === 1 })).filter(
      (_, row) => batch.keep[row] !== 0,
    ),
  )

/** Statistics of weights by the names they are logged under; `of` sets those of something else than rows apart. */
export const weightMetrics = (
  { effectiveSampleSize: size, min, max, clipped }: WeightStatistics,
  of = '',
): Readonly<Record<string, number>> => ({
  [`${of}effective_sample_size`]: size,
  [`${of}weight/min`]: min,
  [`${of}weight/max`]: max,
  [`${of}weight/clipped_fraction`]: clipped,
})

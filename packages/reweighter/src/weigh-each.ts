import type { Bound } from './bound.ts'
import type { Estimator, Rows } from './estimator.ts'
import { weighed } from './reweight.ts'
import type { BoundedWeight } from './weight-statistics.ts'

/** Samples in a list, as tasks of pairs and of texts take them, seen as a batch of rows that all count. */
export interface Listed<Sample> extends Rows {
  readonly samples: readonly Sample[]
}

/**
 * Samples of a list (preferences, labelled completions, texts), each with its weight and whether the bound changed it;
 * a weight that it had is replaced. What to log of them is `statisticsOfEach`.
 *
 * @throws RangeError as `weighed` does
 * @example
 * const sure = weighEach<CompletionPair & { agreement: number }>(
 *   labelConfidence(({ samples }) => samples.map(({ agreement }) => agreement)),
 * )
 * batches$.pipe(map((batch) => ({ ...batch, pairs: sure(batch.pairs) })))
 */
export const weighEach =
  <Sample>(estimate: Estimator<Listed<Sample>>, bound?: Bound) =>
  (samples: readonly Sample[]): readonly (Sample & Required<BoundedWeight>)[] => {
    const keep = new Uint8Array(samples.length).fill(1)
    const { weight, clipped } = weighed(estimate, bound)({ rows: samples.length, keep, samples })
    return samples.map((sample, row) => ({ ...sample, weight: weight[row], clipped: clipped[row] === 1 }))
  }

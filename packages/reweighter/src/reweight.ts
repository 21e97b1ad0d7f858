import type { Weighted } from '@gfnlm/env'
import { type Observable, map } from 'rxjs'
import { type Bound, unbounded } from './bound.ts'
import { checkedWeight } from './checked-weight.ts'
import type { Estimator, Rows } from './estimator.ts'

/** What `reweight` attaches: [rows] weights, and 1 for the rows whose weight the bound changed. */
export type RowWeights = Required<Pick<Weighted, 'weight' | 'clipped'>>

/**
 * A batch with a weight for each row; one with keep = 0 weighs 0 whatever the estimator says.
 *
 * @throws RangeError when the estimator gives a number of weights other than the rows, or a kept row a weight that is,
 * once bounded, negative or not finite: a loss must not see it
 */
export const weighed =
  <Needed extends Rows>(estimate: Estimator<Needed>, bound: Bound = unbounded) =>
  <Batch extends Needed>(batch: Batch): Batch & RowWeights => {
    const { keep, rows } = batch
    const estimated = estimate(batch)
    if (estimated.length !== rows) throw new RangeError(`${estimated.length} weights for ${rows} rows`)
    const weight = estimated.map((w, row) => (keep[row] === 0 ? 0 : checkedWeight(bound(w), row)))
    const clipped = Uint8Array.from(estimated, (w, row) => (keep[row] !== 0 && weight[row] !== w ? 1 : 0))
    return { ...batch, weight, clipped }
  }

/**
 * Attaches a weight to every row of every batch; rows keep their order. What becomes of weights outside of some limits
 * is the bound's to say: `truncated`, `masked` (default: nothing). Errors of `weighed` end the stream.
 *
 * @example annotated$.pipe(reweight(importanceRatio(), masked({ max: 3 })))
 */
export const reweight =
  <Needed extends Rows>(estimate: Estimator<Needed>, bound?: Bound) =>
  <Batch extends Needed>(batches$: Observable<Batch>): Observable<Batch & RowWeights> =>
    batches$.pipe(map(weighed(estimate, bound)))

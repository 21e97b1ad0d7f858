import type { Weighted } from '@gfnlm/env'
import { type Observable, map } from 'rxjs'
import { type Bound, unbounded } from './bound.ts'
import { checkedWeight } from './checked-weight.ts'
import type { TokenEstimator, TokenRows } from './token-estimator.ts'
import { type BoundedWeight, type WeightStatistics, statisticsOfEach } from './weight-statistics.ts'

/** What `reweightTokens` attaches: [rows, width] weights of tokens, beside the weights of rows. */
export type TokenWeights = Required<Pick<Weighted, 'tokenWeight'>> & {
  /** Of the tokens of the kept rows, terminators included, as they were weighed: rows selected later change nothing. */
  readonly tokenWeightStatistics: WeightStatistics
}

/**
 * A batch with a weight for each token, terminators included, and the statistics of these weights.
 *
 * @throws RangeError for a number of weights other than the cells of the batch, or for a weight of a kept row's token
 * that is, once bounded, negative or not finite
 */
export const weighedTokens =
  <Needed extends TokenRows>(estimate: TokenEstimator<Needed>, bound: Bound = unbounded) =>
  <Batch extends Needed>(batch: Batch): Batch & TokenWeights => {
    const { keep, rows, width, length } = batch
    const estimated = estimate(batch)
    if (estimated.length !== rows * width)
      throw new RangeError(`${estimated.length} token weights for ${rows} rows of ${width} columns`)
    const counted: BoundedWeight[] = []
    const tokenWeight = estimated.map((w, cell) => {
      const [row, column] = [Math.floor(cell / width), cell % width]
      if (keep[row] === 0 || column > length[row]) return 1
      const weight = checkedWeight(Math.fround(bound(w)), row, column)
      counted.push({ weight, clipped: weight !== w })
      return weight
    })
    return { ...batch, tokenWeight, tokenWeightStatistics: statisticsOfEach(counted) }
  }

/**
 * Attaches a weight to every token of every batch. Losses whose terms are tokens take them where the reference does
 * (a policy gradient's `correction`); the weights of rows are `reweight`'s.
 *
 * @example annotated$.pipe(reweightTokens(tokenImportanceRatio(), truncated({ max: 2 })))
 */
export const reweightTokens =
  <Needed extends TokenRows>(estimate: TokenEstimator<Needed>, bound?: Bound) =>
  <Batch extends Needed>(batches$: Observable<Batch>): Observable<Batch & TokenWeights> =>
    batches$.pipe(map(weighedTokens(estimate, bound)))

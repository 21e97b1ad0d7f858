import { columnOfRows } from './column-of-rows.ts'
import { type Estimator, type Rows, byRow } from './estimator.ts'

/** How many completions there are of either kind. */
export interface ClassCounts {
  readonly desirable: number
  readonly undesirable: number
}

export interface ClassBalanceOptions {
  /** Weight of all desirable completions together over that of all undesirable ones; default 1. */
  readonly ratio?: number
  /** Counts of the whole dataset; default those of each batch's kept rows. */
  readonly counts?: ClassCounts
}

const counted = (desirable: ArrayLike<number>, { rows, keep }: Rows): ClassCounts => {
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => keep[row] !== 0)
  const good = kept.filter((row) => desirable[row] !== 0).length
  return { desirable: good, undesirable: kept.length - good }
}

/**
 * Desirable and undesirable completions in a fixed proportion, however many there are of each.
 *
 *   λ_D n_D / (λ_U n_U) = ratio,   Σ λ = n
 *
 * Weights average 1. Where there is only one kind, all weigh 1. KTO recommends ratios from 1 to 4/3.
 *
 * @param desirable [rows] not 0 for the desirable rows of a batch
 * @throws RangeError for a ratio that is not above 0, or a batch whose rows have not a label each
 * @example reweight(classBalance(promptColumn('label'), { ratio: 4 / 3 }))
 * @see Ethayarajh et al. 2024, KTO, arXiv:2402.01306, equation 8
 */
export const classBalance = <Batch extends Rows>(
  desirable: (batch: Batch) => ArrayLike<number>,
  { ratio = 1, counts }: ClassBalanceOptions = {},
): Estimator<Batch> => {
  if (!(ratio > 0 && ratio < Infinity)) throw new RangeError(`classBalance: ratio must be above 0, found ${ratio}`)
  return (batch) => {
    const label = columnOfRows('classBalance', 'desirable', desirable(batch), batch.rows)
    const { desirable: good, undesirable: bad } = counts ?? counted(label, batch)
    if (good === 0 || bad === 0) return byRow(batch, () => 1)
    const all = good + bad
    const weights = { good: (all * ratio) / ((1 + ratio) * good), bad: all / ((1 + ratio) * bad) }
    return byRow(batch, (row) => (label[row] === 0 ? weights.bad : weights.good))
  }
}

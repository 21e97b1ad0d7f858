import { columnOfRows } from './column-of-rows.ts'
import { type Estimator, type Rows, byRow } from './estimator.ts'
import { probabilityOf } from './probability-of.ts'

/** TRL's guard of the denominator. */
const SMALLEST = 1e-8

/**
 * Density ratio by a classifier that tells two sets of samples apart: with p the probability that a row is of the set
 * to be learned for rather than of the set it came from,
 *
 *   w = p / (1 − p + 1e-8)
 *
 * The classifier is yours: logistic regression on embeddings in BCO, whose "underlying distribution matching" weighs
 * undesirable completions only, by how desirable their prompts look, clipped to [0.5, 10].
 *
 * @param probability [rows] p of each row of a batch
 * @throws RangeError for a probability that is none, or where there is not one for each row
 * @example
 * const udm = amongRows(undesirable, bounded(densityRatio(promptColumn('p')), truncated({ min: 0.5, max: 10 })))
 * @see Jung et al. 2024, BCO, arXiv:2404.04656; TRL BCOTrainer._get_udm_weight
 */
export const densityRatio =
  <Batch extends Rows>(probability: (batch: Batch) => ArrayLike<number>): Estimator<Batch> =>
  (batch) => {
    const p = columnOfRows('densityRatio', 'probability', probability(batch), batch.rows)
    return byRow(batch, (row) => {
      const of = probabilityOf('densityRatio', p, row)
      return of / (1 - of + SMALLEST)
    })
  }

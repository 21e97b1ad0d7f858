import { columnOfRows } from './column-of-rows.ts'
import { type Estimator, type Rows, byRow } from './estimator.ts'
import { probabilityOf } from './probability-of.ts'

/**
 * Preferences count as far as raters agree: with p the probability that the preferred completion is the better one,
 *
 *   w = max(0, 2p − 1)
 *
 * A coin flip counts for nothing, and so does a pair that is more likely the wrong way round.
 *
 * @param probability [rows] p of each pair: the share of raters who agree, a judge's confidence
 * @throws RangeError for a probability that is none, or where there is not one for each row
 * @see Furuta et al. 2024, arXiv:2409.06691, whose soft labels scale the log-ratio by 2p − 1
 */
export const labelConfidence =
  <Batch extends Rows>(probability: (batch: Batch) => ArrayLike<number>): Estimator<Batch> =>
  (batch) => {
    const p = columnOfRows('labelConfidence', 'probability', probability(batch), batch.rows)
    return byRow(batch, (row) => Math.max(0, 2 * probabilityOf('labelConfidence', p, row) - 1))
  }

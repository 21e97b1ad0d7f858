import { columnOfRows } from './column-of-rows.ts'
import { type Estimator, type Rows, byRow } from './estimator.ts'

/**
 * An estimator for some of the rows: the others weigh 1.
 *
 * @param selected [rows] not 0 for the rows that are weighed
 * @throws RangeError where either has not a number for each row
 * @example amongRows((batch) => batch.desirable.map((d) => 1 - d), densityRatio(promptColumn('p')))
 */
export const amongRows =
  <Of extends Rows, Batch extends Rows>(
    selected: (batch: Of) => ArrayLike<number>,
    estimate: Estimator<Batch>,
  ): Estimator<Of & Batch> =>
  (batch) => {
    const of = columnOfRows('amongRows', 'selected', selected(batch), batch.rows)
    const weight = columnOfRows('amongRows', 'the estimate', estimate(batch), batch.rows)
    return byRow(batch, (row) => (of[row] === 0 ? 1 : weight[row]))
  }

import { type Estimator, type Rows, byRow } from './estimator.ts'

/**
 * An estimator for some of the rows: the others weigh 1.
 *
 * @param selected [rows] not 0 for the rows that are weighed
 * @example amongRows((batch) => batch.desirable.map((d) => 1 - d), densityRatio(promptColumn('p')))
 */
export const amongRows =
  <Of extends Rows, Batch extends Rows>(
    selected: (batch: Of) => ArrayLike<number>,
    estimate: Estimator<Batch>,
  ): Estimator<Of & Batch> =>
  (batch) => {
    const [of, weight] = [selected(batch), estimate(batch)]
    return byRow(batch, (row) => (of[row] === 0 ? 1 : weight[row]))
  }

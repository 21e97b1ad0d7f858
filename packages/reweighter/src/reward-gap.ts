import { columnOfRows } from './column-of-rows.ts'
import { type Estimator, type Rows, byRow } from './estimator.ts'

/**
 * Pairs count as far as a reward model tells their completions apart: `labelConfidence` of the Bradley–Terry
 * probability that the preferred one is better.
 *
 *   w = max(0, 2σ(g / τ) − 1) = max(0, tanh(g / 2τ)),   g = r_w − r_l
 *
 * @param gap         [rows] r_w − r_l of each pair, in units of reward
 * @param temperature τ; default 1. A small one leaves every right pair at 1, a large one weighs by the gap.
 * @throws RangeError for a temperature that is not above 0, or where there is not a gap for each row
 */
export const rewardGap = <Batch extends Rows>(
  gap: (batch: Batch) => ArrayLike<number>,
  temperature = 1,
): Estimator<Batch> => {
  if (!(temperature > 0)) throw new RangeError(`rewardGap: temperature must be above 0, found ${temperature}`)
  return (batch) => {
    const g = columnOfRows('rewardGap', 'gap', gap(batch), batch.rows)
    return byRow(batch, (row) => Math.max(0, Math.tanh(g[row] / (2 * temperature))))
  }
}

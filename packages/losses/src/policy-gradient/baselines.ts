import { finiteOptions, fractions } from './check-options.ts'
import { maskedMean } from './masked-statistics.ts'
import { isScored, scoredMask } from './scored-groups.ts'

/** [rows] rewards less a baseline; 0 in rows without a reward (NaN, ±∞). */
const lessBaseline = (rewards: ArrayLike<number>, baseline: number): Float64Array =>
  Float64Array.from(rewards, (reward) => (isScored(reward) ? reward - baseline : 0))

/** REINFORCE without a baseline: A = r; 0 where there is none (NaN, ±∞). */
export const noBaseline = (rewards: ArrayLike<number>): Float64Array => lessBaseline(rewards, 0)

/** A = r − mean of the batch's rewards. Biased by a factor (n − 1) / n, as each row is in its own baseline. */
export const batchMeanBaseline = (rewards: ArrayLike<number>): Float64Array =>
  lessBaseline(rewards, maskedMean(rewards, scoredMask(rewards)))

export interface MovingBaseline {
  /** [rows] r − the baseline that was */
  readonly advantages: Float64Array
  /** The baseline for the next batch. */
  readonly baseline: number
}

/**
 * A = r − a moving mean of the rewards before: b ← decay · b + (1 − decay) · mean r. The baseline is the state, and
 * does not depend on the batch it is taken from, so the estimate stays unbiased.
 *
 * @param decay 0 to 1, default 0.95
 * @throws RangeError for a baseline that is not finite, which no later one would recover from, or a decay out of range
 */
export const movingBaseline = (rewards: ArrayLike<number>, baseline: number, decay = 0.95): MovingBaseline => {
  finiteOptions('movingBaseline', { baseline })
  fractions('movingBaseline', { decay })
  const scored = scoredMask(rewards)
  const known = scored.some((x) => x === 1)
  return {
    advantages: lessBaseline(rewards, baseline),
    baseline: known ? decay * baseline + (1 - decay) * maskedMean(rewards, scored) : baseline,
  }
}

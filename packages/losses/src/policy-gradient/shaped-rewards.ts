import { checkLengths } from '../check-lengths.ts'
import { checkCells } from './check-cells.ts'
import { finiteOptions } from './check-options.ts'
import type { Counted } from './masked-statistics.ts'

/** What an infinite log-probability is taken for, as in the losses; no logits of fp32 come near. */
const FARTHEST = 1e6

/** Past exp(20) k3 says nothing more, as in the losses. */
const LARGEST_EXPONENT = 20

const finite = (logProb: number): number => Math.min(FARTHEST, Math.max(-FARTHEST, logProb))

const gap = (logProb: number, reference: number): number => finite(logProb) - finite(reference)

/**
 * Estimators of KL(π ‖ π_ref) by one action, in float64: see `k1`, `k2` and `k3` of the losses. As there, ±∞ is taken
 * for ±1e6: what is impossible under both has not diverged.
 */
export const SAMPLE_KL = {
  k1: (logProb: number, reference: number): number => gap(logProb, reference),
  k2: (logProb: number, reference: number): number => gap(logProb, reference) ** 2 / 2,
  k3: (logProb: number, reference: number): number => {
    const exponent = Math.min(gap(reference, logProb), LARGEST_EXPONENT)
    return Math.expm1(exponent) - exponent
  },
} as const

export interface ShapedRewardInputs {
  /** [rows] what each completion is worth; not read in a row where no token counts */
  readonly scores: ArrayLike<number>
  /** [rows, steps] row-major log π and log π_ref of the tokens, nats; −∞ as in `SAMPLE_KL` */
  readonly logProb: ArrayLike<number>
  readonly referenceLogProb: ArrayLike<number>
  readonly steps: number
  /** What a nat of divergence costs. */
  readonly coefficient: number
  /** [rows] the step that the score is given at. Default the last. */
  readonly scoreAt?: ArrayLike<number>
  /** Default `k1`: torchtune, RL4LMs; TRL has `k1` and `k3`. */
  readonly estimator?: keyof typeof SAMPLE_KL
  /** [rows, steps] where a token counts; the divergence is 0 elsewhere. Default all. */
  readonly valid?: Counted
}

export interface ShapedRewards {
  /** [rows, steps] −coefficient · KL_t, plus the score at its step */
  readonly rewards: Float64Array
  /** [rows, steps] nats */
  readonly kl: Float64Array
  /** [rows, steps] −coefficient · KL_t */
  readonly klRewards: Float64Array
}

/**
 * Rewards of tokens: what each costs in divergence from the reference, and the completion's score at its end.
 *
 *   r_t = −c · KL_t + [t = scoreAt] · score
 *
 * @throws RangeError where arrays are not [rows] or [rows, steps], a score has no such step, and for a score that is
 *   not finite or a log-probability that is NaN: one such would be in all whitened advantages of the batch. Rows without
 *   a score are left out by `valid`.
 * @see torchtune get_rewards_ppo; TRL PPOTrainer
 */
export const shapedRewards = (given: ShapedRewardInputs): ShapedRewards => {
  const { scores, logProb, referenceLogProb, steps, coefficient, scoreAt, estimator = 'k1', valid } = given
  const cells = scores.length * steps
  checkLengths('shapedRewards', `${scores.length} scores of ${steps} steps`, cells, {
    logProb,
    referenceLogProb,
    valid,
  })
  checkLengths('shapedRewards', 'one a score', scores.length, { scoreAt })
  finiteOptions('shapedRewards', { coefficient })
  if (!Object.hasOwn(SAMPLE_KL, estimator))
    throw new RangeError(`shapedRewards: estimator must be ${Object.keys(SAMPLE_KL).join(', ')}, found ${estimator}`)
  const estimate = SAMPLE_KL[estimator]
  const counts = (i: number): boolean => valid === undefined || Number(valid[i]) !== 0
  checkCells('shapedRewards', steps, counts, { logProb, referenceLogProb }, (x) => !Number.isNaN(x))
  const kl = Float64Array.from({ length: cells }, (_, i) => (counts(i) ? estimate(logProb[i], referenceLogProb[i]) : 0))
  const klRewards = kl.map((nats) => -coefficient * nats)
  const rewards = klRewards.slice()
  for (let row = 0; row < scores.length; row++) {
    const at = scoreAt?.[row] ?? steps - 1
    if (!(Number.isInteger(at) && at >= 0 && at < steps))
      throw new RangeError(`shapedRewards: row ${row} has its score at step ${at}, of ${steps}`)
    if (!Array.from({ length: steps }).some((_, t) => counts(row * steps + t))) continue
    if (!Number.isFinite(scores[row])) throw new RangeError(`shapedRewards: the score of row ${row} is ${scores[row]}`)
    rewards[row * steps + at] += scores[row]
  }
  return { rewards, kl, klRewards }
}

/**
 * [rows] rewards less β times the divergence of the whole completion: where RLOO has its KL.
 *
 * @param rewards [rows] NaN or ±∞: could not be scored, and is not after
 * @param kl      [rows] Σ_t (log π_old − log π_ref), nats. A row whose divergence is NaN or ±∞ counts as not scored:
 *                NaN, which advantages leave out.
 * @throws RangeError where there is not a divergence for each reward, or for a β that is not finite
 */
export const klPenalised = (rewards: ArrayLike<number>, kl: ArrayLike<number>, beta: number): Float64Array => {
  checkLengths('klPenalised', 'one a reward', rewards.length, { kl })
  finiteOptions('klPenalised', { beta })
  return Float64Array.from(rewards, (reward, row) => (Number.isFinite(kl[row]) ? reward - beta * kl[row] : NaN))
}

import type { Counted } from './masked-statistics.ts'

/** Estimators of KL(π ‖ π_ref) by one action, in float64: see `k1`, `k2` and `k3` of the losses. */
export const SAMPLE_KL = {
  k1: (logProb: number, reference: number): number => logProb - reference,
  k2: (logProb: number, reference: number): number => (logProb - reference) ** 2 / 2,
  k3: (logProb: number, reference: number): number => Math.expm1(reference - logProb) - (reference - logProb),
} as const

export interface ShapedRewardInputs {
  /** [rows] what each completion is worth */
  readonly scores: ArrayLike<number>
  /** [rows, steps] row-major log π and log π_ref of the tokens, nats */
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
 * @throws RangeError where the log-probabilities are not [rows, steps], or a score has no such step
 * @see torchtune get_rewards_ppo; TRL PPOTrainer
 */
export const shapedRewards = (given: ShapedRewardInputs): ShapedRewards => {
  const { scores, logProb, referenceLogProb, steps, coefficient, scoreAt, estimator = 'k1', valid } = given
  const cells = scores.length * steps
  if (logProb.length !== cells || referenceLogProb.length !== cells)
    throw new RangeError(
      `shapedRewards: ${scores.length} scores of ${steps} steps need ${cells} log-probabilities, ` +
        `found ${logProb.length} and ${referenceLogProb.length} of the reference`,
    )
  const counts = (i: number): boolean => valid === undefined || Number(valid[i]) !== 0
  const kl = Float64Array.from({ length: cells }, (_, i) =>
    counts(i) ? SAMPLE_KL[estimator](logProb[i], referenceLogProb[i]) : 0,
  )
  const klRewards = kl.map((nats) => -coefficient * nats)
  const rewards = klRewards.slice()
  for (let row = 0; row < scores.length; row++) {
    const at = scoreAt?.[row] ?? steps - 1
    if (!(at >= 0 && at < steps))
      throw new RangeError(`shapedRewards: row ${row} has its score at step ${at}, of ${steps}`)
    rewards[row * steps + at] += scores[row]
  }
  return { rewards, kl, klRewards }
}

/**
 * [rows] rewards less β times the divergence of the whole completion: where RLOO has its KL.
 *
 * @param kl [rows] Σ_t (log π_old − log π_ref), nats
 */
export const klPenalised = (rewards: ArrayLike<number>, kl: ArrayLike<number>, beta: number): Float64Array =>
  Float64Array.from(rewards, (reward, row) => reward - beta * kl[row])

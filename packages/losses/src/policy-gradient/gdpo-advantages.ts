import { checkLengths } from '../check-lengths.ts'
import { batchNormalised } from './batch-normalised.ts'
import { type GroupAdvantageOptions, groupAdvantages } from './group-advantages.ts'
import { isScored, scoredMask } from './scored-groups.ts'

/** Rewards of several functions, by function and row; NaN or ±∞ where a function could not tell. */
export type RewardsByFunction = readonly ArrayLike<number>[]

const checkWeights = (caller: string, rewards: RewardsByFunction, weights: ArrayLike<number>): void => {
  checkLengths(caller, 'one a reward function', rewards.length, { weights })
  const wrong = Array.from(weights).findIndex((weight) => !Number.isFinite(weight))
  if (wrong >= 0) throw new RangeError(`${caller}: weights[${wrong}] must be a finite number, found ${weights[wrong]}`)
}

/**
 * [rows] Σ weight · reward over the functions that could tell; NaN where none could. TRL `sum_then_normalize`.
 *
 * @throws RangeError where there is not a finite weight for each function, or the functions have not rewards of the
 *                    same rows
 */
export const weightedRewards = (rewards: RewardsByFunction, weights: ArrayLike<number>): Float64Array => {
  const rows = rewards[0]?.length ?? 0
  checkWeights('weightedRewards', rewards, weights)
  rewards.forEach((of, k) => checkLengths('weightedRewards', 'as rewards[0] has', rows, { [`rewards[${k}]`]: of }))
  return Float64Array.from({ length: rows }, (_, row) => {
    const known = rewards.flatMap((of, k) => (isScored(of[row]) ? [weights[k] * of[row]] : []))
    return known.length === 0 ? NaN : known.reduce((sum, reward) => sum + reward, 0)
  })
}

/**
 * GDPO's advantage: each reward function is normalised within its group before they are added, so that one of a wide
 * spread does not drown the others, and the sum is standardised over the batch.
 *
 *   A = standardise_batch(Σ_k w_k (r_k − mean_g r_k) / (std_g r_k + 1e-4))
 *
 * @param rewards by function [rows]; NaN or ±∞: could not tell
 * @param weights a weight for each function
 * @param group   [rows]
 * @param options of each function's own normalisation, by its group unless said otherwise
 * @returns [rows]
 * @throws RangeError where there is not a group for each reward, or a finite weight for each function
 * @see Liu et al. 2026, "GDPO", arXiv:2601.05242; TRL `normalize_then_sum`
 */
export const gdpoAdvantages = (
  rewards: RewardsByFunction,
  weights: ArrayLike<number>,
  group: ArrayLike<number>,
  options: GroupAdvantageOptions = {},
): Float64Array => {
  checkWeights('gdpoAdvantages', rewards, weights)
  const each = rewards.map((of) => groupAdvantages(of, group, options))
  const scored = scoredMask(weightedRewards(rewards, weights))
  return batchNormalised(weightedRewards(each, weights), scored, options.epsilon)
}

import { batchNormalised } from './batch-normalised.ts'
import { type GroupAdvantageOptions, groupAdvantages } from './group-advantages.ts'
import { isScored, scoredMask } from './scored-groups.ts'

/** Rewards of several functions, by function and row; NaN or ±∞ where a function could not tell. */
export type RewardsByFunction = readonly ArrayLike<number>[]

/** [rows] Σ weight · reward over the functions that could tell; NaN where none could. TRL `sum_then_normalize`. */
export const weightedRewards = (rewards: RewardsByFunction, weights: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: rewards[0]?.length ?? 0 }, (_, row) => {
    const known = rewards.flatMap((of, k) => (isScored(of[row]) ? [weights[k] * of[row]] : []))
    return known.length === 0 ? NaN : known.reduce((sum, reward) => sum + reward, 0)
  })

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
 * @throws RangeError where there is not a group for each reward, or a weight for each function
 * @see Liu et al. 2026, "GDPO", arXiv:2601.05242; TRL `normalize_then_sum`
 */
export const gdpoAdvantages = (
  rewards: RewardsByFunction,
  weights: ArrayLike<number>,
  group: ArrayLike<number>,
  options: GroupAdvantageOptions = {},
): Float64Array => {
  if (rewards.length !== weights.length)
    throw new RangeError(`gdpoAdvantages: ${rewards.length} reward functions and ${weights.length} weights`)
  const each = rewards.map((of) => groupAdvantages(of, group, options))
  const scored = scoredMask(weightedRewards(rewards, weights))
  return batchNormalised(weightedRewards(each, weights), scored, options.epsilon)
}

import { maskedMean } from './masked-statistics.ts'
import { allEqual, rewardsAt, scoredGroups, scoredMask } from './scored-groups.ts'

/**
 * [rows] 1 where a completion's reward is known and those of its prompt differ: DAPO's dynamic sampling keeps these
 * and draws others in place of the rest, whose advantages are 0.
 *
 * @see Yu et al. 2025, arXiv:2503.14476
 */
export const informativeGroups = (rewards: ArrayLike<number>, group: ArrayLike<number>): Uint8Array => {
  const informative = new Uint8Array(rewards.length)
  for (const rows of scoredGroups('informativeGroups', rewards, group))
    if (!allEqual(rewardsAt(rewards, rows))) for (const row of rows) informative[row] = 1
  return informative
}

/** Share of the scored rows whose group has no spread: TRL's `frac_reward_zero_std`. 0 where no row is scored. */
export const zeroSpread = (rewards: ArrayLike<number>, group: ArrayLike<number>): number => {
  return maskedMean(
    Array.from(informativeGroups(rewards, group), (kept) => 1 - kept),
    scoredMask(rewards),
  )
}

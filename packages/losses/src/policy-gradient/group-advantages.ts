import { maskedMean, populationVariance, sampleVariance } from './masked-statistics.ts'

/** √ of the variance of some rewards. */
export type Deviation = (rewards: ArrayLike<number>) => number

/** Divided by n − 1: TRL. */
export const sampleDeviation: Deviation = (rewards) => Math.sqrt(sampleVariance(rewards))

/** Divided by n: HALOs, numpy. */
export const populationDeviation: Deviation = (rewards) => Math.sqrt(populationVariance(rewards))

/** The rows of each group whose reward is known (not NaN). */
const scoredGroups = (caller: string, rewards: ArrayLike<number>, group: ArrayLike<number>): readonly number[][] => {
  if (rewards.length !== group.length)
    throw new RangeError(`${caller}: ${rewards.length} rewards and ${group.length} groups`)
  const rows = new Map<number, number[]>()
  for (let row = 0; row < rewards.length; row++) {
    if (Number.isNaN(rewards[row])) continue
    const members = rows.get(group[row])
    if (members === undefined) rows.set(group[row], [row])
    else members.push(row)
  }
  return [...rows.values()]
}

const at = (rewards: ArrayLike<number>, rows: readonly number[]): number[] => rows.map((row) => rewards[row])

const allEqual = (x: readonly number[]): boolean => x.every((value) => value === x[0])

/** [rows] a function of each group's rewards; 0 in rows without a reward, and in groups of equal ones. */
const byGroup = (
  caller: string,
  rewards: ArrayLike<number>,
  group: ArrayLike<number>,
  advantagesOf: (rewards: readonly number[]) => readonly number[],
): Float64Array => {
  const advantages = new Float64Array(rewards.length)
  for (const rows of scoredGroups(caller, rewards, group)) {
    const own = at(rewards, rows)
    if (allEqual(own)) continue
    advantagesOf(own).forEach((advantage, i) => (advantages[rows[i]] = advantage))
  }
  return advantages
}

const EPSILON = 1e-4

export interface GroupAdvantageOptions {
  /** The deviation of what divides a reward's distance from its group's mean. Default `group`; `none` is Dr. GRPO's. */
  readonly scale?: 'group' | 'batch' | 'none'
  /** Added to the deviation. Default 1e-4 (TRL, torchtune); HALOs has 1e-2. */
  readonly epsilon?: number
  /** Default `sampleDeviation` (TRL); HALOs has `populationDeviation`. */
  readonly deviation?: Deviation
}

/**
 * GRPO's advantage: how much better a completion is than those of its prompt.
 *
 *   A_i = (r_i − mean_g r) / (std r + ε)
 *
 * A row without a reward (NaN) is in no mean and has advantage 0. In a group of equal rewards, or of one, it is 0
 * exactly: nothing can be learned from it (`zeroSpread` counts them).
 *
 * @param rewards [rows] NaN: could not be scored
 * @param group   [rows] rows of equal number are one group
 * @returns [rows]
 * @throws RangeError where there is not a group for each reward
 * @see Shao et al. 2024, arXiv:2402.03300; TRL `scale_rewards`
 * @example groupAdvantages(terminalReward(batch), batch.group)
 */
export const groupAdvantages = (
  rewards: ArrayLike<number>,
  group: ArrayLike<number>,
  { scale = 'group', epsilon = EPSILON, deviation = sampleDeviation }: GroupAdvantageOptions = {},
): Float64Array => {
  const scored = Array.from(rewards).filter((r) => !Number.isNaN(r))
  const ofBatch = scale === 'batch' ? deviation(scored) + epsilon : 1
  return byGroup('groupAdvantages', rewards, group, (own) => {
    const mean = maskedMean(own)
    const divisor = scale === 'group' ? deviation(own) + epsilon : ofBatch
    return own.map((reward) => (reward - mean) / divisor)
  })
}

/**
 * RLOO's advantage: a completion's reward less the mean of the others of its prompt, a baseline it has no part in.
 *
 *   A_i = r_i − mean_{j ≠ i} r_j = n / (n − 1) · (r_i − mean_g r)
 *
 * Rows without a reward, and groups of one, have advantage 0.
 *
 * @param rewards [rows] NaN: could not be scored
 * @param group   [rows]
 * @returns [rows]
 * @throws RangeError where there is not a group for each reward
 * @see Kool et al. 2019; Ahmadian et al. 2024, arXiv:2402.14740
 */
export const leaveOneOut = (rewards: ArrayLike<number>, group: ArrayLike<number>): Float64Array =>
  byGroup('leaveOneOut', rewards, group, (own) => {
    const [n, mean] = [own.length, maskedMean(own)]
    return own.map((reward) => (n / (n - 1)) * (reward - mean))
  })

/**
 * Advantages standardised over the batch: (A − mean) / (std + ε), by the sample deviation. On `leaveOneOut` it is TRL's
 * `normalize_advantages`, and close to REINFORCE++ (arXiv:2501.03262).
 *
 * @param keep    [rows] 0 leaves a row out of the statistics, and its advantage 0
 * @param epsilon default 1e-4, TRL's
 */
export const batchNormalised = (
  advantages: ArrayLike<number>,
  keep?: ArrayLike<number>,
  epsilon: number = EPSILON,
): Float64Array => {
  const mean = maskedMean(advantages, keep)
  const divisor = Math.sqrt(sampleVariance(advantages, keep)) + epsilon
  return Float64Array.from(advantages, (advantage, row) => (keep?.[row] === 0 ? 0 : (advantage - mean) / divisor))
}

/** Rewards of several functions, by function and row; NaN where a function could not tell. */
export type RewardsByFunction = readonly ArrayLike<number>[]

/** [rows] Σ weight · reward over the functions that could tell; NaN where none could. TRL `sum_then_normalize`. */
export const weightedRewards = (rewards: RewardsByFunction, weights: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: rewards[0]?.length ?? 0 }, (_, row) => {
    const known = rewards.flatMap((of, k) => (Number.isNaN(of[row]) ? [] : [weights[k] * of[row]]))
    return known.length === 0 ? NaN : known.reduce((sum, reward) => sum + reward, 0)
  })

/**
 * GDPO's advantage: each reward function is normalised within its group before they are added, so that one of a wide
 * spread does not drown the others, and the sum is standardised over the batch.
 *
 *   A = standardise_batch(Σ_k w_k (r_k − mean_g r_k) / (std_g r_k + 1e-4))
 *
 * @param rewards by function [rows]; NaN: could not tell
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
  const scored = Uint8Array.from(weightedRewards(rewards, weights), (r) => (Number.isNaN(r) ? 0 : 1))
  return batchNormalised(weightedRewards(each, weights), scored, options.epsilon)
}

/**
 * [rows] 1 where a completion's reward is known and those of its prompt differ: DAPO's dynamic sampling keeps these
 * and draws others in place of the rest, whose advantages are 0.
 *
 * @see Yu et al. 2025, arXiv:2503.14476
 */
export const informativeGroups = (rewards: ArrayLike<number>, group: ArrayLike<number>): Uint8Array => {
  const informative = new Uint8Array(rewards.length)
  for (const rows of scoredGroups('informativeGroups', rewards, group))
    if (!allEqual(at(rewards, rows))) for (const row of rows) informative[row] = 1
  return informative
}

/** Share of the scored rows whose group has no spread: TRL's `frac_reward_zero_std`. 0 where no row is scored. */
export const zeroSpread = (rewards: ArrayLike<number>, group: ArrayLike<number>): number => {
  const scored = Array.from(rewards, (r) => (Number.isNaN(r) ? 0 : 1))
  return maskedMean(Array.from(informativeGroups(rewards, group), (kept) => 1 - kept), scored)
}

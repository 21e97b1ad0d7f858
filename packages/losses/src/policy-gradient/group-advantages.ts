import { optionsOf } from '../options-of.ts'
import { atLeastZero } from './check-options.ts'
import { maskedMean, populationVariance, sampleVariance } from './masked-statistics.ts'
import { byGroup, isScored } from './scored-groups.ts'

const SCALES = ['group', 'batch', 'none'] as const

/** √ of the variance of some rewards. */
export type Deviation = (rewards: ArrayLike<number>) => number

/** Divided by n − 1: TRL. */
export const sampleDeviation: Deviation = (rewards) => Math.sqrt(sampleVariance(rewards))

/** Divided by n: HALOs, numpy. */
export const populationDeviation: Deviation = (rewards) => Math.sqrt(populationVariance(rewards))

/**
 * [rows] the deviation of the rewards of each row's group; 0 without a reward, and in groups of one. Its mean is TRL's
 * `reward_std`.
 *
 * @throws RangeError where there is not a group for each reward
 */
export const groupDeviations = (
  rewards: ArrayLike<number>,
  group: ArrayLike<number>,
  deviation: Deviation = sampleDeviation,
): Float64Array => byGroup('groupDeviations', rewards, group, (own) => own.map(() => deviation(own)))

export interface GroupAdvantageOptions {
  /** The deviation of what divides a reward's distance from its group's mean. Default `group`; `none` is Dr. GRPO's. */
  readonly scale?: (typeof SCALES)[number]
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
 * A row without a reward (NaN, ±∞) is in no statistic and has advantage 0. In a group of equal rewards, or of one, it is
 * 0 exactly: nothing can be learned from it (`zeroSpread` counts them).
 *
 * @param rewards [rows] NaN or ±∞: could not be scored
 * @param group   [rows] rows of equal number are one group
 * @returns [rows]
 * @throws RangeError where there is not a group for each reward, for another scale or an ε below 0
 * @see Shao et al. 2024, arXiv:2402.03300; TRL `scale_rewards`
 * @example groupAdvantages(terminalReward(batch), batch.group)
 */
export const groupAdvantages = (
  rewards: ArrayLike<number>,
  group: ArrayLike<number>,
  options: GroupAdvantageOptions = {},
): Float64Array => {
  const { scale, epsilon, deviation } = optionsOf('groupAdvantages', options, {
    scale: 'group',
    epsilon: 1e-4,
    deviation: sampleDeviation,
  })
  atLeastZero('groupAdvantages', { epsilon })
  if (!SCALES.includes(scale))
    throw new RangeError(`groupAdvantages: scale must be ${SCALES.join(', ')}, found ${scale}`)
  const scored = Array.from(rewards).filter(isScored)
  const ofBatch = scale === 'batch' ? deviation(scored) + epsilon : 1
  return byGroup('groupAdvantages', rewards, group, (own) => {
    const mean = maskedMean(own)
    const divisor = scale === 'group' ? deviation(own) + epsilon : ofBatch
    return own.map((reward) => (reward - mean) / divisor)
  })
}

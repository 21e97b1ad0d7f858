import {
  type Counted,
  maskedMean,
  maskedMeanTorchtune,
  populationVariance,
  sampleVariance,
  sampleVarianceTorchtune,
} from './masked-statistics.ts'

/**
 * Brings numbers to unit deviation, by the statistics of those that count. Every number is transformed, so what does
 * not count is to be dropped after (`zeroOutside`). It couples the rows of a batch, hence it is a function of its own
 * and no part of a loss.
 *
 * | name | centred | variance | ε | whose default |
 * |---|---|---|---|---|
 * | `whitenCentred` | yes | n − 1 | 1e-8 under the root | TRL PPO, OpenAI lm-human-preferences (advantages) |
 * | `whitenKeepingMean` | no | n − 1 | 1e-8 under the root | the same, `shift_mean=False` (rewards) |
 * | `whitenTorchtune` | no | n − 1 of n + 1e-8 | 1e-8 under the root | torchtune, whose `shift_mean` adds it back |
 * | `whitenTorchtuneCentred` | yes | n − 1 of n + 1e-8 | 1e-8 under the root | torchtune `shift_mean=False` |
 * | `whitenBiased` | yes | n | 1e-8 under the root | HALOs |
 * | `standardise` | yes | n − 1 | 1e-8 beside the deviation | Stable-Baselines3, RL4LMs (per minibatch) |
 */
export type Whitening = (x: ArrayLike<number>, mask?: Counted) => Float64Array

type Statistic = (x: ArrayLike<number>, mask?: Counted) => number

const EPSILON = 1e-8

/** (x − mean) / √(variance + 1e-8), with or without the mean added back. */
const whitening =
  (mean: Statistic, variance: Statistic, keepsMean: boolean): Whitening =>
  (x, mask) => {
    const centre = mean(x, mask)
    const scale = 1 / Math.sqrt(variance(x, mask) + EPSILON)
    return Float64Array.from(x, (value) => (value - centre) * scale + (keepsMean ? centre : 0))
  }

/** Zero mean, unit sample variance: TRL and OpenAI. */
export const whitenCentred: Whitening = whitening(maskedMean, sampleVariance, false)

/** Unit sample variance about the mean that was: TRL's `shift_mean=False`, for rewards. */
export const whitenKeepingMean: Whitening = whitening(maskedMean, sampleVariance, true)

/** torchtune says a mask's sums with 1e-8 added, and sums without a mask as they are. */
const torchtune = (keepsMean: boolean): Whitening => {
  const masked = whitening(maskedMeanTorchtune, sampleVarianceTorchtune, keepsMean)
  const whole = whitening(maskedMean, sampleVariance, keepsMean)
  return (x, mask) => (mask === undefined ? whole(x) : masked(x, mask))
}

/** torchtune's default, used for its advantages: unit variance, and *not* centred, for its flag is inverted. */
export const whitenTorchtune: Whitening = torchtune(true)

/** torchtune's `shift_mean=False`, which centres. */
export const whitenTorchtuneCentred: Whitening = torchtune(false)

/** Zero mean, unit population variance: HALOs. */
export const whitenBiased: Whitening = whitening(maskedMean, populationVariance, false)

/** (x − mean) / (sample deviation + 1e-8): Stable-Baselines3. */
export const standardise: Whitening = (x, mask) => {
  const mean = maskedMean(x, mask)
  const deviation = Math.sqrt(sampleVariance(x, mask)) + EPSILON
  return Float64Array.from(x, (value) => (value - mean) / deviation)
}

import { checkLengths } from '../check-lengths.ts'
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
 * not count is to be dropped after (`zeroOutside`). What is no number (NaN, ±∞) counts in no statistic and becomes 0.
 * It couples the rows of a batch, hence it is a function of its own and no part of a loss. Each throws a RangeError for
 * a mask of another length.
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

/** The mask without what is no number; as it is where all are, so that none stays none. */
const ofNumbers = (x: ArrayLike<number>, mask: Counted): Counted =>
  Array.from(x).every(Number.isFinite)
    ? mask
    : Array.from(x, (value, i) => Number.isFinite(value) && (mask === undefined || Number(mask[i]) !== 0))

/** The transformation of one number, from the numbers that count. */
const each =
  (transform: (x: ArrayLike<number>, mask: Counted) => (value: number) => number): Whitening =>
  (x, mask) => {
    checkLengths('whitening', 'one a number', x.length, { mask })
    const whitened = transform(x, ofNumbers(x, mask))
    return Float64Array.from(x, (value) => (Number.isFinite(value) ? whitened(value) : 0))
  }

/** (x − mean) / √(variance + 1e-8), with or without the mean added back. */
const whitening = (mean: Statistic, variance: Statistic, keepsMean: boolean): Whitening =>
  each((x, mask) => {
    const centre = mean(x, mask)
    const scale = 1 / Math.sqrt(variance(x, mask) + EPSILON)
    return (value) => (value - centre) * scale + (keepsMean ? centre : 0)
  })

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
export const standardise: Whitening = each((x, mask) => {
  const mean = maskedMean(x, mask)
  const deviation = Math.sqrt(sampleVariance(x, mask)) + EPSILON
  return (value) => (value - mean) / deviation
})

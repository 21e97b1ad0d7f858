import { type Bound, truncated } from './bound.ts'

export interface HumanlineOptions {
  /** Smallest log-ratio, nats; default −1. */
  readonly low?: number
  /** Largest log-ratio, nats; default 1.5. */
  readonly high?: number
}

/**
 * HALOs' humanline bound of a token's ratio to the reference: its logarithm clamped to [−1, 1.5], as people are taken
 * to see probabilities.
 *
 *   w = clip(w, e^low, e^high)
 *
 * @example reweightTokens(tokenImportanceRatio(), humanline())
 * @see HALOs, `humanline`, `log_epsilon_P`, `log_epsilon_R`
 */
export const humanline = ({ low = -1, high = 1.5 }: HumanlineOptions = {}): Bound => {
  if (!(low <= high)) throw new RangeError(`humanline: low must be at most high, found ${low} and ${high}`)
  return truncated({ min: Math.exp(low), max: Math.exp(high) })
}

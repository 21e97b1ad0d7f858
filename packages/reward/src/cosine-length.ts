export interface CosineLengthOptions {
  /** Length from which on nothing changes, tokens. */
  readonly maxLength: number
  /** Reward of a right completion: of the longest and of the shortest. Default 0.5 and 1. */
  readonly correct?: readonly [longest: number, shortest: number]
  /** Reward of a wrong completion: of the longest and of the shortest. Default −0.5 and −1. */
  readonly wrong?: readonly [longest: number, shortest: number]
}

/**
 * Right answers are worth more the shorter they are, wrong ones less: a half cosine between two values.
 *
 *   r = longest + ½ (shortest − longest) (1 + cos(π · min(length, L) / L))
 *
 * @throws RangeError for a length that is not above 0
 * @see Yeo et al. 2025, "Demystifying long chain-of-thought reasoning", arXiv:2502.03373; TRL get_cosine_scaled_reward
 */
export const cosineLength = ({
  maxLength,
  correct = [0.5, 1],
  wrong = [-0.5, -1],
}: CosineLengthOptions): ((length: number, isCorrect: boolean) => number) => {
  if (!(maxLength > 0)) throw new RangeError(`cosineLength: maxLength must be above 0, found ${maxLength}`)
  return (length, isCorrect) => {
    const [longest, shortest] = isCorrect ? correct : wrong
    const cosine = Math.cos((Math.PI * Math.min(length, maxLength)) / maxLength)
    return longest + ((shortest - longest) * (1 + cosine)) / 2
  }
}

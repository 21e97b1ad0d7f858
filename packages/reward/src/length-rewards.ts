import type { JudgeFunction } from './completion-reward.ts'

const above = (caller: string, options: Readonly<Record<string, number>>): void => {
  for (const [name, x] of Object.entries(options))
    if (!(x > 0)) throw new RangeError(`${caller}: ${name} must be above 0, found ${x}`)
}

export interface SoftOverlongOptions {
  /** The most tokens a completion may have. */
  readonly maxLength: number
  /** How many tokens before it the punishment begins; at most maxLength. */
  readonly cache: number
}

/**
 * What a completion of `length` tokens is punished with for its length: nothing up to `maxLength − cache`, then
 * linearly down to −1 at `maxLength`, and −1 past it.
 *
 * @see Yu et al. 2025, "DAPO", eq. 13, arXiv:2503.14476; TRL get_soft_overlong_punishment
 */
export const softOverlong = ({ maxLength, cache }: SoftOverlongOptions): ((length: number) => number) => {
  above('softOverlong', { maxLength, cache })
  return (length) => Math.max(-1, Math.min(0, (maxLength - cache - length) / cache))
}

/**
 * `softOverlong` of completions, as a reward: add it to that of what they say.
 *
 * @example completionReward(tokenizer.decode, softOverlongReward({ maxLength: 256, cache: 64 }))
 */
export const softOverlongReward = (options: SoftOverlongOptions): JudgeFunction => {
  const punished = softOverlong(options)
  return (completions) => completions.map(({ tokens }) => punished(tokens.length))
}

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
 * @see Yeo et al. 2025, "Demystifying long chain-of-thought reasoning", arXiv:2502.03373; TRL get_cosine_scaled_reward
 */
export const cosineLength = ({
  maxLength,
  correct = [0.5, 1],
  wrong = [-0.5, -1],
}: CosineLengthOptions): ((length: number, isCorrect: boolean) => number) => {
  above('cosineLength', { maxLength })
  return (length, isCorrect) => {
    const [longest, shortest] = isCorrect ? correct : wrong
    const cosine = Math.cos((Math.PI * Math.min(length, maxLength)) / maxLength)
    return longest + ((shortest - longest) * (1 + cosine)) / 2
  }
}

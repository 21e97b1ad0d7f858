import type { JudgeFunction } from './completion-reward.ts'

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
 * @throws RangeError unless 0 < cache ≤ maxLength
 * @see Yu et al. 2025, "DAPO", eq. 13, arXiv:2503.14476; TRL get_soft_overlong_punishment
 */
export const softOverlong = ({ maxLength, cache }: SoftOverlongOptions): ((length: number) => number) => {
  if (!(cache > 0 && maxLength >= cache))
    throw new RangeError(`softOverlong: needs 0 < cache ≤ maxLength, found ${cache} and ${maxLength}`)
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

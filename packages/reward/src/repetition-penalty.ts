import { checkCount } from '@gfnlm/env'
import type { JudgeFunction } from './completion-reward.ts'

export interface RepetitionPenaltyOptions {
  /** Tokens of an n-gram. */
  readonly n: number
  /** What a completion that only repeats itself tends to; at most 0. Default −1. */
  readonly most?: number
}

/**
 * What a completion is punished with for repeating itself: the share of its n-grams that occurred before.
 *
 *   r = most · (1 − distinct n-grams / n-grams),   0 for fewer than n tokens
 *
 * @returns between `most` and 0
 * @throws RangeError for n < 1 or most > 0
 * @see Yeo et al. 2025, arXiv:2502.03373; TRL get_repetition_penalty_reward
 */
export const repetitionPenalty = ({
  n,
  most = -1,
}: RepetitionPenaltyOptions): ((tokens: ArrayLike<number>) => number) => {
  checkCount('repetitionPenalty', 'n', n)
  if (!(most <= 0)) throw new RangeError(`repetitionPenalty: most must be at most 0, found ${most}`)
  return (tokens) => {
    const count = tokens.length - n + 1
    if (count < 1) return 0
    const ids = Array.from(tokens)
    const distinct = new Set(Array.from({ length: count }, (_, i) => ids.slice(i, i + n).join(' ')))
    return most * (1 - distinct.size / count)
  }
}

/**
 * `repetitionPenalty` of completions, as a reward: add it to that of what they say.
 *
 * @example completionReward(tokenizer.decode, repetitionReward({ n: 3 }))
 */
export const repetitionReward = (options: RepetitionPenaltyOptions): JudgeFunction => {
  const punished = repetitionPenalty(options)
  return (completions) => completions.map(({ tokens }) => punished(tokens))
}

import * as tf from '@tensorflow/tfjs-core'
import { checkShape } from '../check-shape.ts'
import { type TokenLogProbs, learnedTokens } from '../supervised/learned-tokens.ts'
import { checkOption } from './check-option.ts'
import type { Pair } from './pairs.ts'
import { counted } from './sequence-log-probs.ts'

/** Tokens of both completions of each pair; the two may have different widths. */
export interface PairTokens {
  readonly chosen: TokenLogProbs
  readonly rejected: TokenLogProbs
}

/** [pairs, 1] */
const lengthOf = ({ mask }: TokenLogProbs): tf.Tensor2D => tf.sum(counted(mask), 1, true)

/**
 * Log-probabilities of pairs that are less sensitive to length (LD-DPO): tokens beyond the length of the shorter
 * completion count α.
 *
 *   n = min(n_w, n_l),   log p_y = Σ_{t ≤ n} log p(y_t) + α Σ_{t > n} log p(y_t)
 *
 * For policy and reference alike; any pair loss takes them in the place of the sums. α = 1: the sums. α = 0: what is
 * past n is not read, however impossible (0 · −∞ is no number).
 *
 * @param pairs see PairTokens: [pairs, steps], nats
 * @param alpha 0 ≤ α ≤ 1
 * @returns [pairs] for each completion, nats
 * @throws RangeError for α out of range or a wrong shape
 * @see Liu et al. 2024, arXiv:2409.06411; TRL DPOConfig.ld_alpha
 * @example
 * const { chosen: chosenLogProb, rejected: rejectedLogProb } = desensitised({ chosen, rejected }, 0.5)
 */
export const desensitised = ({ chosen, rejected }: PairTokens, alpha: number): Pair => {
  checkOption('desensitised', 'alpha', alpha, alpha >= 0 && alpha <= 1, 'between 0 and 1')
  const [pairs, steps] = [chosen.mask.shape[0], rejected.mask.shape[1]]
  checkShape('desensitised', 'rejected.mask', rejected.mask, { pairs, steps: steps ?? 0 })
  const shared = tf.minimum(lengthOf(chosen), lengthOf(rejected))
  const weighted = (tokens: TokenLogProbs): tf.Tensor1D => {
    const { logProb } = learnedTokens('desensitised', tokens)
    const inShared = tf.lessEqual(tf.cumsum(counted(tokens.mask), 1), shared)
    return tf.sum(tf.where(inShared, logProb, alpha === 0 ? tf.zerosLike(logProb) : tf.mul(alpha, logProb)), 1)
  }
  return { chosen: weighted(chosen), rejected: weighted(rejected) }
}

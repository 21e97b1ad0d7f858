import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import type { Keepable } from '../kept-rows.ts'
import { optionsOf } from '../options-of.ts'
import { alongSteps } from '../policy-gradient/tokens.ts'
import { anyRuledOut, finite, untaught } from '../ruled-out.ts'
import { sequenceSum } from '../sharing.ts'
import type { TokenLogProbs } from '../supervised/learned-tokens.ts'
import type { Terms } from '../terms.ts'
import { checkBeta, checkOption } from './check-option.ts'
import type { DpoOptions } from './dpo.ts'
import { counted } from './sequence-log-probs.ts'

/** Completions y ~ π, and how they fare against those of the mixture of policy and reference. */
export interface ContestedTokens extends TokenLogProbs, Keepable {
  /** [rows, steps] log π_ref of each token, nats; a constant */
  readonly referenceLogProb: tf.Tensor2D
  /** [rows] P(y ≻ y′), y′ ~ `geometricMixture`; for rewards σ(r(y) − r(y′)). Not read in a row without a token. */
  readonly winRate: tf.Tensor1D
}

/**
 * Nash mirror descent (Nash-MD): policy gradient towards the policy that no other is preferred to, held to the
 * reference by Kullback and Leibler's divergence.
 *
 *   term_t = (β sg(log π(y_t) − log π_ref(y_t)) − (P(y ≻ y′) − ½)) log π(y_t),   loss = mean over rows of the sum
 *
 * Only its gradient means anything: the value is the surrogate that TRL logs. sg: no gradient.
 *
 * @param options beta, default 0.1
 * @param tokens  see ContestedTokens, nats and probabilities; a row that is not kept may hold anything
 * @returns terms [rows, steps], nats. Metrics: kl, the mean over rows of log π − log π_ref, nats
 * @throws RangeError for β < 0 or a wrong shape
 * @see Munos et al. 2023, arXiv:2312.00886; TRL NashMDTrainer
 * @example
 * const [logProb, referenceLogProb] = [tf.tensor2d([[-1, -0.5]]), tf.tensor2d([[-1.2, -0.7]])]
 * const tokens = { logProb, referenceLogProb, mask: tf.ones([1, 2]) }
 * reduce(nashMd({ beta: 0.1 })({ ...tokens, winRate: tf.tensor1d([1]) }), weight) // 0.7200
 */
export const nashMd = (options: DpoOptions = {}): ((tokens: ContestedTokens) => Terms) => {
  const { beta } = optionsOf('nashMd', options, { beta: 0.1 })
  checkBeta('nashMd', beta)
  return (tokens) => {
    const { mask, referenceLogProb, winRate, keep } = tokens
    checkRank('nashMd', 'logProb', tokens.logProb, ['rows', 'steps'])
    const [rows, steps] = tokens.logProb.shape
    for (const [name, x] of Object.entries({ mask, referenceLogProb })) checkShape('nashMd', name, x, { rows, steps })
    for (const [name, x] of Object.entries({ winRate, keep }))
      if (x !== undefined) checkShape('nashMd', name, x, { rows })
    const byToken = (x: tf.Tensor1D): tf.Tensor2D => alongSteps(tf.expandDims(x, 1), steps)
    const live = keep === undefined ? counted(mask) : tf.mul<tf.Tensor2D>(counted(mask), counted(byToken(keep)))
    const settle = (x: tf.Tensor2D): tf.Tensor2D => finite(tf.where(tf.greater(live, 0), x, tf.zerosLike(live)))
    const [given, reference] = [settle(tokens.logProb), settle(referenceLogProb)]
    const advantage = settle(byToken(tf.sub(winRate, 0.5)))
    const lost = anyRuledOut([given, reference, advantage])
    const logProb = untaught(lost, given)
    const ratio = detach(tf.sub(logProb, reference))
    return {
      terms: tf.mul(tf.sub(tf.mul(beta, ratio), advantage), logProb),
      ...sequenceSum(live),
      metrics: { kl: tf.sum(tf.mul(sequenceSum(tf.mul(live, tf.sub(1, lost))).share, ratio)) },
    }
  }
}

/**
 * The log-probabilities that Nash-MD's opponent draws from: a geometric mixture of policy and reference.
 *
 *   log p = log softmax((1 − α) z_π + α z_ref)
 *
 * @param policy    [..., vocab] logits z_π
 * @param reference [..., vocab] logits z_ref
 * @param alpha     0 ≤ α ≤ 1: 0 is the policy, 1 the reference, whatever the other excludes (−∞)
 * @returns [..., vocab] nats
 * @throws RangeError for α out of range
 * @see Munos et al. 2023, arXiv:2312.00886; TRL GeometricMixtureWrapper
 * @example geometricMixture(tf.tensor1d([1, 0, -1]), tf.tensor1d([0, 0.5, 0.5]), 0.25) // -0.5812, -1.2062, -1.9562
 */
export const geometricMixture = <T extends tf.Tensor>(policy: T, reference: T, alpha: number): T => {
  checkOption('geometricMixture', 'alpha', alpha, alpha >= 0 && alpha <= 1, 'between 0 and 1')
  // 0 · −∞ is not a number.
  if (alpha === 0) return tf.logSoftmax(policy)
  if (alpha === 1) return tf.logSoftmax(reference)
  return tf.logSoftmax(tf.add(tf.mul(1 - alpha, policy), tf.mul(alpha, reference)))
}

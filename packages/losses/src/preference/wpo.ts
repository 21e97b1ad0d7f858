import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { finite, withSoftmax } from '../ruled-out.ts'
import type { TokenLogProbs } from '../supervised/learned-tokens.ts'
import { sequenceLogProbs } from './sequence-log-probs.ts'

/** Tokens of completions with how concentrated the policy was where each was drawn. */
export interface ConcentratedTokens extends TokenLogProbs {
  /** [rows, steps] log Σ_v p(v)²: `logCollision` of the logits */
  readonly logCollision: tf.Tensor2D
}

/** log Σ_v p(v)² of logits [rows, steps, vocab]: the probability that two draws agree, as [rows, steps]. */
export const logCollision = (logits: tf.Tensor3D): tf.Tensor2D => {
  const held = withSoftmax(logits)
  return tf.sub(tf.logSumExp(tf.mul(2, held), -1), tf.mul(2, tf.logSumExp(held, -1)))
}

/**
 * The weight of a completion that somebody else wrote (WPO): how likely the policy is to write it, against what it
 * would write itself.
 *
 *   weight = exp(mean_t (log p(y_t) − log Σ_v p(v)²))
 *
 * A pair weighs the product of its completions' weights, in the reducer of any pair loss; a constant. −∞ is taken for
 * −1e6: a completion that cannot be written weighs 0, and where both are −∞ a token counts as one of its own.
 *
 * @param tokens see ConcentratedTokens, nats
 * @returns [rows]; 1 for a row without a token
 * @throws RangeError for a wrong shape
 * @see Zhou et al. 2024, arXiv:2406.11827; TRL DPOConfig.use_weighting
 * @example reduce(dpo()(pairs), tf.mul(wpoWeight(ofChosen), wpoWeight(ofRejected)))
 */
export const wpoWeight = ({ logProb, mask, logCollision }: ConcentratedTokens): tf.Tensor1D => {
  checkRank('wpoWeight', 'logProb', logProb, ['rows', 'steps'])
  checkShape('wpoWeight', 'logCollision', logCollision, { rows: logProb.shape[0], steps: logProb.shape[1] })
  const { sum, length } = sequenceLogProbs({ logProb: tf.sub(finite(logProb), finite(logCollision)), mask })
  return detach(tf.exp(tf.div(sum, tf.maximum(length, 1))))
}

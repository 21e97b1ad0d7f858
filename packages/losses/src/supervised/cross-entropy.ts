import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'

export interface CrossEntropyInputs {
  /** [rows, steps] log-probability of each given token, nats. Anything where the mask is 0, NaN included. */
  readonly logProb: tf.Tensor2D
  /** [rows, steps] 1 where a token is to be learned (0: prompt, padding, tool output) */
  readonly mask: tf.Tensor2D
}

/**
 * Cross-entropy of given tokens (supervised fine-tuning, maximum likelihood).
 *
 *   term = −log p(token | before),   loss = mean over the tokens of the batch
 *
 * Token mean, not the mean of sentence means: a long text weighs more than a short one, as in TRL and llama
 * recipes, and e^loss is the perplexity.
 *
 * @returns terms [rows, steps], nats per token; metrics tokens (how many were learned from)
 * @throws RangeError for a wrong shape
 * @example reduce(crossEntropy({ logProb, mask }), weight)
 */
export const crossEntropy = ({ logProb, mask }: CrossEntropyInputs): Terms => {
  checkRank('crossEntropy', 'logProb', logProb, ['rows', 'steps'])
  const [rows, steps] = logProb.shape
  checkShape('crossEntropy', 'mask', mask, { rows, steps })
  const learned = tf.greater(tf.cast(mask, 'float32'), 0)
  const { share, mass } = tokenMean(mask)
  return {
    terms: tf.neg(tf.where(learned, logProb, tf.zeros(logProb.shape))),
    share,
    mass,
    metrics: { tokens: mass },
  }
}

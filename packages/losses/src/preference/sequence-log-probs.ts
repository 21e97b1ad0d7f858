import * as tf from '@tensorflow/tfjs-core'
import { type Sharing, sequenceMean } from '../sharing.ts'
import { type TokenLogProbs, learnedTokens } from '../supervised/learned-tokens.ts'

/** The log-probability of each completion, and how many tokens it has. */
export interface SequenceLogProbs {
  /** [rows] Σ_t log p(y_t), nats */
  readonly sum: tf.Tensor1D
  /** [rows] tokens */
  readonly length: tf.Tensor1D
}

/** The mask as 0 and 1. */
export const counted = (mask: tf.Tensor2D): tf.Tensor2D => tf.cast(tf.greater(tf.cast(mask, 'float32'), 0), 'float32')

/**
 * Sums the log-probabilities of the tokens of completions: what preference losses take.
 *
 * @param tokens see TokenLogProbs: [rows, steps], nats; the mask is 1 on the completion's tokens
 * @throws RangeError for a wrong shape
 * @example
 * const [chosen, rejected] = [sequenceLogProbs(ofChosen), sequenceLogProbs(ofRejected)]
 * const lengths = { chosenLength: chosen.length, rejectedLength: rejected.length }
 * simPo()({ chosenLogProb: chosen.sum, rejectedLogProb: rejected.sum, ...lengths })
 */
export const sequenceLogProbs = (tokens: TokenLogProbs): SequenceLogProbs => {
  const { logProb } = learnedTokens('sequenceLogProbs', tokens)
  return { sum: tf.sum(logProb, 1), length: tf.sum(counted(tokens.mask), 1) }
}

/**
 * The negative log-likelihood of each completion, normalised so that its mean over rows is what `sharing` means.
 *
 *   NLL_i = rows · Σ_t share_it · (−log p(y_it))
 *
 * `sequenceMean` (the default): the mean over a completion's tokens. `tokenMean`: the mean over the rows is that over
 * the tokens of the batch, TRL's in CPO, ORPO and DPO's `sft`; then accumulated batches weigh by rows, not by tokens.
 * `sequenceSum`: −log p of the whole completion.
 *
 * @param tokens  see TokenLogProbs: [rows, steps], nats
 * @param sharing how tokens share the likelihood
 * @returns [rows] nats
 * @throws RangeError for a wrong shape
 * @example cpo()({ ...pairs, chosenNll: sequenceNll(ofChosen, tokenMean) })
 */
export const sequenceNll = (tokens: TokenLogProbs, sharing: Sharing = sequenceMean): tf.Tensor1D => {
  const { logProb } = learnedTokens('sequenceNll', tokens)
  return tf.mul(-logProb.shape[0], tf.sum(tf.mul(sharing(tokens.mask).share, logProb), 1))
}

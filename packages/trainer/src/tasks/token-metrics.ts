import { type Sharing, type TokenLogProbs, tokenMean } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'

/** Mean of x [rows, steps] over the tokens that are learned, whatever it is elsewhere; 0 where there are none. */
export const meanOfLearned = (
  x: tf.Tensor2D,
  { mask }: Pick<TokenLogProbs, 'mask'>,
  sharing: Sharing = tokenMean,
): tf.Scalar =>
  tf.sum(tf.mul(sharing(mask).share, tf.where(tf.greater(tf.cast(mask, 'float32'), 0), x, tf.zerosLike(x))))

/**
 * [n, 1] 1 where a token is the likeliest. Of `tokenLogProbs`, which computes the largest probability, too: a compiled
 * graph has it once.
 *
 * @param logits  [n, vocab]
 * @param logProb [n, 1] of the token, from `tokenLogProbs` of the same logits
 */
export const isLikeliest = (logits: tf.Tensor2D, logProb: tf.Tensor2D): tf.Tensor2D =>
  tf.cast(tf.greaterEqual(logProb, tf.log(tf.max(tf.softmax(logits), -1, true))), 'float32')

import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'

export interface TokenLogProbs {
  /** [rows, steps] log-probability of each given token, nats. Anything where the mask is 0, NaN included. */
  readonly logProb: tf.Tensor2D
  /** [rows, steps] 1 where a token is to be learned (0: prompt, padding, tool output) */
  readonly mask: tf.Tensor2D
}

/** The log-probabilities of the tokens to be learned, 0 elsewhere, and how many there are. */
export const learnedTokens = (
  caller: string,
  { logProb, mask }: TokenLogProbs,
): { readonly logProb: tf.Tensor2D; readonly tokens: tf.Scalar } => {
  checkRank(caller, 'logProb', logProb, ['rows', 'steps'])
  const [rows, steps] = logProb.shape
  checkShape(caller, 'mask', mask, { rows, steps })
  const learned = tf.greater(tf.cast(mask, 'float32'), 0)
  return {
    logProb: tf.where(learned, logProb, tf.zerosLike(logProb)),
    tokens: tf.sum(tf.cast(learned, 'float32')),
  }
}

import type { TokenReading } from '@gfnlm/jit'
import { type Sharing, type TokenLogProbs, tokenMean } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'

/** Mean of x [rows, steps] over the tokens that are learned, whatever it is elsewhere; 0 where there are none. */
export const meanOfLearned = (
  x: tf.Tensor2D,
  { mask }: Pick<TokenLogProbs, 'mask'>,
  sharing: Sharing = tokenMean,
): tf.Scalar =>
  tf.sum(tf.mul(sharing(mask).share, tf.where(tf.greater(tf.cast(mask, 'float32'), 0), x, tf.zerosLike(x))))

/** 1 where a token is the likeliest. */
export const isLikeliest: TokenReading = ({ logProb, largest }) => tf.cast(tf.greaterEqual(logProb, largest), 'float32')

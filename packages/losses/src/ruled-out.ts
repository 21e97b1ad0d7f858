import * as tf from '@tensorflow/tfjs-core'
import { detach } from './detach.ts'

/** What ±∞ nats are taken for, and all that is further: far from what fp32 logits give, and its square is a number. */
const FAR = 1e6

/** The same of rewards, which may be in any unit: a mean of many of its squares still is a number. */
export const FAR_REWARD = 1e15

/** x with ±far for ±∞ and what is further, through which no gradient flows there. A NaN stays one. */
export const finite = <T extends tf.Tensor>(x: T, far: number = FAR): T => tf.clipByValue(x, -far, far)

/** 1 where x is ±∞ or as good as that, else 0: a token that was forbidden, a reward of 0. NaN is neither. */
export const ruledOut = <T extends tf.Tensor>(x: T, far: number = FAR): T =>
  tf.cast(tf.greaterEqual(tf.abs(detach(x)), far), 'float32')

/** [..., 1] 1 where all of [..., vocab] logits are −∞, so that there is nothing to choose, else 0. */
export const nothingLeft = <T extends tf.Tensor>(logits: T): T =>
  tf.cast(tf.equal(tf.max(detach(logits), -1, true), -Infinity), 'float32')

/**
 * Logits [..., vocab] whose softmax is a number: 1e6 for +∞, and all 0 where nothing is left, constants. A −∞ among
 * others stays: it leaves its token out.
 */
export const withSoftmax = <T extends tf.Tensor>(logits: T): T => {
  const empty = tf.greater(tf.mul(nothingLeft(logits), tf.onesLike(logits)), 0)
  return tf.minimum(tf.where(empty, tf.zerosLike(logits), logits), FAR)
}

/** x as a constant where `lost` is above 0: what was ruled out teaches nothing. Shapes may broadcast. */
export const untaught = <T extends tf.Tensor>(lost: tf.Tensor, x: T): T =>
  tf.where(tf.greater(tf.mul(lost, tf.onesLike(x)), 0), detach(x), x)

/** 1 where any of some tensors of one shape is ruled out. */
export const anyRuledOut = <T extends tf.Tensor>([first, ...more]: readonly [T, ...T[]], far: number = FAR): T =>
  more.reduce((lost, x) => tf.maximum<T>(lost, ruledOut(x, far)), ruledOut(first, far))

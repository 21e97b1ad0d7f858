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

/** x as a constant where `lost` is above 0: what was ruled out teaches nothing. Shapes may broadcast. */
export const untaught = <T extends tf.Tensor>(lost: tf.Tensor, x: T): T =>
  tf.where(tf.greater(tf.mul(lost, tf.onesLike(x)), 0), detach(x), x)

/** 1 where any of some tensors of one shape is ruled out. */
export const anyRuledOut = <T extends tf.Tensor>([first, ...more]: readonly [T, ...T[]], far: number = FAR): T =>
  more.reduce((lost, x) => tf.maximum<T>(lost, ruledOut(x, far)), ruledOut(first, far))

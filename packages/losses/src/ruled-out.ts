import * as tf from '@tensorflow/tfjs-core'
import { detach } from './detach.ts'

/** What ±∞ is taken for, nats or units of reward: far from all that fp32 logits give, and its square is a number. */
const FAR = 1e6

/** x with ±1e6 for ±∞, through which no gradient flows there. A NaN stays one. */
export const finite = <T extends tf.Tensor>(x: T): T => tf.clipByValue(x, -FAR, FAR)

/** 1 where x is ±∞ or as good as that, else 0: a token that was forbidden, a reward of 0. NaN is neither. */
export const ruledOut = <T extends tf.Tensor>(x: T): T => tf.cast(tf.greaterEqual(tf.abs(detach(x)), FAR), 'float32')

/** x as a constant where `lost` is above 0: what was ruled out teaches nothing. Shapes may broadcast. */
export const untaught = <T extends tf.Tensor>(lost: tf.Tensor, x: T): T =>
  tf.where(tf.greater(tf.mul(lost, tf.onesLike(x)), 0), detach(x), x)

/** 1 where any of some tensors of one shape is ruled out. */
export const anyRuledOut = <T extends tf.Tensor>(first: T, ...more: readonly T[]): T =>
  more.reduce((lost, x) => tf.maximum<T>(lost, ruledOut(x)), ruledOut(first))

import * as tf from '@tensorflow/tfjs-core'

/**
 * −log σ(z), elementwise: the loss of saying "yes" with logit z. softplus(−z) neither overflows nor loses the tail, and
 * its derivative −σ(−z), which jit computes as −e^−softplus(z), keeps its digits however small it is: ORPO divides by
 * as little.
 */
export const logistic = <T extends tf.Tensor>(z: T): T => tf.softplus(tf.neg(z))

/** −(1 − ε) log σ(z) − ε log σ(−z): the same where a fraction ε of the labels is thought to be wrong. */
export const smoothedLogistic = (z: tf.Tensor1D, epsilon: number): tf.Tensor1D =>
  epsilon === 0 ? logistic(z) : tf.add(tf.mul(1 - epsilon, logistic(z)), tf.mul(epsilon, logistic(tf.neg(z))))

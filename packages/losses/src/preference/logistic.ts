import * as tf from '@tensorflow/tfjs-core'

/**
 * −log σ(z), elementwise: the loss of saying "yes" with logit z. softplus(−z) neither overflows nor loses the tail.
 *
 * Its derivative −σ(−z) is computed as −e^−softplus(z), which keeps its digits however small it is: ONNX Runtime's
 * sigmoid is right to 5e-8 of 1 only, and ORPO divides by as little.
 */
export const logistic = <T extends tf.Tensor>(z: T): T =>
  tf.customGrad((...args) => {
    const [given, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    save([given])
    return {
      value: tf.softplus(tf.neg(given)),
      gradFunc: (dy: tf.Tensor, [x]: tf.Tensor[]) => tf.neg(tf.mul(dy, tf.exp(tf.neg(tf.softplus(x!))))),
    }
  })(z) as T

/** −(1 − ε) log σ(z) − ε log σ(−z): the same where a fraction ε of the labels is thought to be wrong. */
export const smoothedLogistic = (z: tf.Tensor1D, epsilon: number): tf.Tensor1D =>
  epsilon === 0 ? logistic(z) : tf.add(tf.mul(1 - epsilon, logistic(z)), tf.mul(epsilon, logistic(tf.neg(z))))

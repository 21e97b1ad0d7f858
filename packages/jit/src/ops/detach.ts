import * as tf from '@tensorflow/tfjs-core'

/** The same value, through which no gradient flows. */
export const detach = <T extends tf.Tensor>(x: T): T =>
  tf.customGrad((given) => ({ value: tf.clone(given as tf.Tensor), gradFunc: (dy) => tf.zerosLike(dy as tf.Tensor) }))(
    x,
  ) as T

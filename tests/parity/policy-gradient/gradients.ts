import * as tf from '@tensorflow/tfjs-core'
import type { Parameters } from '../engine.ts'

/** Gradients of a loss with respect to tensors, by `grad_` and their name. */
export const gradientsOf = (
  loss: (given: Parameters) => tf.Scalar,
  at: Parameters,
): Readonly<Record<string, Float32Array>> => {
  const names = Object.keys(at)
  const { grads } = tf.valueAndGrads((...leaves: tf.Tensor[]) =>
    loss(Object.fromEntries(leaves.map((leaf, i) => [names[i], leaf]))),
  )(names.map((name) => at[name]))
  return Object.fromEntries(grads.map((g, i) => [`grad_${names[i]}`, g.dataSync() as Float32Array]))
}

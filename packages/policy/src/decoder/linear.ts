import * as tf from '@tensorflow/tfjs-core'
import { type Model, parameter } from './parameters.ts'

/**
 * y = x · Wᵀ + b, and where the module has an adapter + ((x · Aᵀ) · scale) · Bᵀ.
 *
 * The adapter's part is added last, so B = 0 gives the base model's numbers exactly; the scale multiplies the
 * narrow [n, r] product.
 *
 * @param x [n, in]
 * @returns [n, out]
 */
export const linear = (
  model: Model,
  name: string,
  x: tf.Tensor2D,
  orientation: 'out-in' | 'in-out' = model.config.weights,
): tf.Tensor2D => {
  let y: tf.Tensor2D = tf.matMul(x, parameter<tf.Tensor2D>(model, `${name}.weight`), false, orientation === 'out-in')
  const bias = model.find(`${name}.bias`)
  if (bias !== undefined) y = tf.add(y, bias)
  const a = model.find(`${name}.lora_A.weight`) as tf.Tensor2D | undefined
  if (a === undefined) return y
  const b = parameter<tf.Tensor2D>(model, `${name}.lora_B.weight`)
  const narrow: tf.Tensor2D = tf.mul(tf.matMul(x, a, false, true), model.loraScale(name))
  return tf.add(y, tf.matMul(narrow, b, false, true))
}

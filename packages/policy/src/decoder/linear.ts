import { quantizedMatMul } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { doraFactor } from './dora.ts'
import { type Model, parameter } from './parameters.ts'

/** x · Wᵀ with W as it is kept: whole, in either orientation, or quantised. */
const product = (model: Model, name: string, x: tf.Tensor2D, orientation: 'out-in' | 'in-out'): tf.Tensor2D => {
  const part = (of: string): tf.Tensor2D | undefined => model.find(`${name}.${of}`) as tf.Tensor2D | undefined
  const codes = part('codes')
  return codes === undefined
    ? tf.matMul(x, parameter<tf.Tensor2D>(model, `${name}.weight`), false, orientation === 'out-in')
    : quantizedMatMul(x, {
        codes,
        scales: parameter<tf.Tensor2D>(model, `${name}.scales`),
        upper: part('upper'),
        lower: part('lower'),
      })
}

/**
 * y = x · Wᵀ + b, and where the module has an adapter + ((x · Aᵀ) · scale) · Bᵀ; with DoRA's magnitudes
 * y = (x · Wᵀ + ((x · Aᵀ) · scale) · Bᵀ) · m / ‖W + scale · B · A‖ + b.
 *
 * LoRA's part is added last, so B = 0 gives the base model's numbers exactly; the scale multiplies the narrow [n, r]
 * product.
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
  const bias = model.find(`${name}.bias`)
  const biased = (y: tf.Tensor2D): tf.Tensor2D => (bias === undefined ? y : tf.add(y, bias))
  const y = product(model, name, x, orientation)
  const a = model.find(`${name}.lora_A.weight`) as tf.Tensor2D | undefined
  if (a === undefined) return biased(y)
  const b = parameter<tf.Tensor2D>(model, `${name}.lora_B.weight`)
  const scale = model.loraScale(name)
  const low = tf.matMul(tf.mul<tf.Tensor2D>(tf.matMul(x, a, false, true), scale), b, false, true)
  const magnitude = model.find(`${name}.lora_magnitude_vector`)
  if (magnitude === undefined) return tf.add(biased(y), low)
  const weight = parameter<tf.Tensor2D>(model, `${name}.weight`)
  const along = product(model, name, a, orientation)
  return biased(tf.mul(tf.add(y, low), doraFactor(magnitude, { weight, orientation, along, a, b, scale })))
}

import * as tf from '@tensorflow/tfjs-core'
import { fused } from './fused.ts'

// The gradients compute everything again from x, which is there anyway: keeping what lies between would write the
// widest activations of a model to memory twice more, and that takes longer than the arithmetic.

const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = LINEAR * 0.044715

/**
 * The tanh form of the Gaussian error linear unit, GPT-2's: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).
 *
 * With ½ (1 + tanh u) = σ(2u) that is x · σ(u) for u = x (a + b x²), a = 2√(2/π), b = 0.044715 a, and its slope
 * σ (1 + (1 − σ) · x (a + 3b x²)).
 *
 * @param x float32 of any shape
 * @see Hendrycks & Gimpel 2016, arXiv:1606.08415
 * @example geluTanh(tf.tensor1d([-1, 0, 2])) // => [-0.1588, 0, 1.9546]
 */
export const geluTanh: <T extends tf.Tensor>(x: T) => T = /* #__PURE__ */ tf.customGrad((input, save) => {
  const x = input as tf.Tensor
  ;(save as tf.GradSaveFunc)([x])
  const [value] = fused('GfnlmGeluTanh', { x }, {}, () => [
    tf.mul(x, tf.sigmoid(tf.mul(x, tf.add(tf.mul(tf.square(x), CUBIC), LINEAR)))),
  ])
  return {
    value: value!,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const x = saved[0]!
      const squared = tf.square(x)
      const gate = tf.sigmoid(tf.mul(x, tf.add(tf.mul(squared, CUBIC), LINEAR)))
      const inner = tf.mul(x, tf.add(tf.mul(squared, 3 * CUBIC), LINEAR))
      return tf.mul(dy, tf.mul(gate, tf.add(tf.mul(tf.sub(1, gate), inner), 1)))
    },
  }
}) as <T extends tf.Tensor>(x: T) => T

/**
 * The sigmoid linear unit x · σ(x), with slope σ (1 + x (1 − σ)).
 *
 * @param x float32 of any shape
 * @see Elfwing et al. 2018, arXiv:1702.03118
 * @example silu(tf.tensor1d([-1, 0, 2])) // => [-0.2689, 0, 1.7616]
 */
export const silu: <T extends tf.Tensor>(x: T) => T = /* #__PURE__ */ tf.customGrad((input, save) => {
  const x = input as tf.Tensor
  ;(save as tf.GradSaveFunc)([x])
  const [value] = fused('GfnlmSilu', { x }, {}, () => [tf.mul(x, tf.sigmoid(x))])
  return {
    value: value!,
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const x = saved[0]!
      const gate = tf.sigmoid(x)
      return tf.mul(dy, tf.mul(gate, tf.add(tf.mul(tf.sub(1, gate), x), 1)))
    },
  }
}) as <T extends tf.Tensor>(x: T) => T

import * as tf from '@tensorflow/tfjs-core'
import type { Activation } from '../architectures/decoder-config.ts'

/** x · σ(x) */
const silu = (x: tf.Tensor2D): tf.Tensor2D => tf.mul(x, tf.sigmoid(x))

const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = LINEAR * 0.044715

/**
 * ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), computed as x · σ(x · p) with p = 2√(2/π) (1 + 0.044715 x²), which are
 * the same by ½ (1 + tanh u) = σ(2u). The widest activations of the model pass through here, so both directions are
 * spelled in as few passes over memory as they take: dy · (σ + y (1 − σ) · d(x p)/dx), d(x p)/dx = 3p − 4√(2/π).
 *
 * @see Hendrycks & Gimpel 2016, arXiv:1606.08415
 */
const geluTanh: (x: tf.Tensor2D) => tf.Tensor2D = /* #__PURE__ */ tf.customGrad<tf.Tensor2D>((input, save) => {
  const x = input as tf.Tensor2D
  const p = tf.add(tf.mul(tf.square(x), CUBIC), LINEAR)
  const gate = tf.sigmoid(tf.mul(x, p))
  const value = tf.mul<tf.Tensor2D>(x, gate)
  ;(save as tf.GradSaveFunc)([value, gate, p])
  return {
    value,
    gradFunc: (dy: tf.Tensor2D, [y, sigma, slope]: tf.Tensor[]) => {
      const inner = tf.sub(tf.mul(slope!, 3), 2 * LINEAR)
      return tf.mul(dy, tf.add(sigma!, tf.mul(tf.mul(y!, tf.sub(1, sigma!)), inner)))
    },
  }
})

/** The non-linearities that an architecture may name. */
export const ACTIVATE: Readonly<Record<Activation, (x: tf.Tensor2D) => tf.Tensor2D>> = { silu, gelu_tanh: geluTanh }

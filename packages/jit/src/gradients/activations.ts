import * as tf from '@tensorflow/tfjs-core'
import { sumTo } from './broadcast.ts'
import { gate } from './gate.ts'
import { rule } from './rule.ts'

// Klambauer et al. 2017, arXiv:1706.02515
const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

const positive = (t: tf.Tensor): tf.Tensor => tf.greater(t, 0)

/**
 * Piecewise functions. At its kink a rectifier takes the derivative of the side below 0 (ReLU6 is flat at 6 too);
 * clipping passes the gradient on at both bounds.
 */
export const activations: readonly tf.GradConfig[] = [
  rule('Relu', { outputs: [true] }, ([dy], [y]) => ({ x: () => gate(positive(y), dy) })),
  // y (6 - y) > 0 exactly where 0 < y < 6
  rule('Relu6', { outputs: [true] }, ([dy], [y]) => ({ x: () => gate(positive(tf.mul(y, tf.sub(6, y))), dy) })),
  rule<tf.LeakyReluAttrs>('LeakyRelu', { inputs: ['x'] }, ([dy], [x], { alpha }) => ({
    x: () => tf.where(positive(x), dy, tf.mul(dy, alpha)),
  })),
  rule('Prelu', { inputs: ['x', 'alpha'] }, ([dy], [x, alpha]) => ({
    x: () => tf.where(positive(x), dy, tf.mul(dy, alpha)),
    alpha: () => sumTo(tf.mul(dy, tf.minimum(x, 0)), alpha.shape),
  })),
  // exp stays finite in the branch that is not taken
  rule('Elu', { inputs: ['x'] }, ([dy], [x]) => ({ x: () => tf.mul(dy, tf.exp(tf.minimum(x, 0))) })),
  rule('Selu', { inputs: ['x'] }, ([dy], [x]) => ({
    x: () => {
      const below = tf.mul(tf.exp(tf.minimum(x, 0)), SELU_SCALE * SELU_ALPHA)
      return tf.mul(dy, tf.where(positive(x), tf.fill(x.shape, SELU_SCALE), below))
    },
  })),
  // inside the bounds the output is the input
  rule('ClipByValue', { inputs: ['x'], outputs: [true] }, ([dy], [x, y]) => ({ x: () => gate(tf.equal(x, y), dy) })),
]

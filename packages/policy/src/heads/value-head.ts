import { type HostTensors, hostZeros } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { Tensors } from '../policy.ts'
import { headWeight } from './head-weight.ts'
import { initialHead } from './initial-head.ts'

/** TRL's names: [1, hidden] and [1]. */
export const VALUE_WEIGHT = 'v_head.summary.weight'
export const VALUE_BIAS = 'v_head.summary.bias'

/**
 * Parameters of a new value head, V(s_t) = w · h_t + b on the hidden state of a token: w drawn, b = 0. They are a
 * task's own parameters, beside the policy's.
 *
 * @example const parameters = valueHead(policy.config.hidden)
 */
export const valueHead = (hidden: number, { seed = 0 }: { readonly seed?: number } = {}): HostTensors => ({
  [VALUE_WEIGHT]: initialHead(VALUE_WEIGHT, 1, hidden, seed),
  [VALUE_BIAS]: hostZeros([1]),
})

/**
 * Values of states, inside a compiled function.
 *
 * @param hidden [rows, count, hidden] from `hiddenStates`
 * @returns [rows, count]
 * @throws RangeError for parameters of another head, or for states of another width
 * @example tokenValues(parameters, hiddenStates(policy, constants, trainable, input, columns))
 */
export const tokenValues = (parameters: Tensors, hidden: tf.Tensor3D): tf.Tensor2D => {
  const [rows, count, width] = hidden.shape
  const flat = tf.reshape(hidden, [rows * count, width]) as tf.Tensor2D
  const weight = headWeight(parameters, VALUE_WEIGHT, width)
  const values = tf.add(tf.matMul(flat, weight, false, true), parameters[VALUE_BIAS]!)
  return tf.reshape(values, [rows, count])
}

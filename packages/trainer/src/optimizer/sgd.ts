import * as tf from '@tensorflow/tfjs-core'
import type { Optimizer } from './optimizer.ts'

/**
 * Stochastic gradient descent with optional momentum: μ ← momentum·μ + g, θ ← θ − lr·μ.
 *
 * @throws RangeError for a momentum that is not from 0 to below 1
 */
export const sgd = ({ momentum = 0 }: { readonly momentum?: number } = {}): Optimizer => {
  if (!(momentum >= 0 && momentum < 1))
    throw new RangeError(`sgd: momentum must be from 0 to below 1, found ${momentum}`)
  return {
    moments: momentum === 0 ? [] : ['momentum'],
    coefficients: () => ({}),
    update: ({ parameters, gradients, moments, rate }) => {
      const direction =
        momentum === 0 ? gradients : (tf.add(tf.mul(moments['momentum']!, momentum), gradients) as tf.Tensor1D)
      return {
        parameters: tf.sub(parameters, tf.mul(rate, direction)) as tf.Tensor1D,
        moments: (momentum === 0 ? {} : { momentum: direction }) as Record<string, tf.Tensor1D>,
      }
    },
  }
}

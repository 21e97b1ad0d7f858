import * as tf from '@tensorflow/tfjs-core'
import type { Optimizer } from './optimizer.ts'

export interface AdamWOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Decoupled weight decay; PyTorch's default is 0.01, ours 0: adapters start at 0 and stay small. */
  readonly weightDecay?: number
}

/**
 * AdamW: Adam with weight decay taken out of the gradient.
 *
 *   m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²
 *   θ ← θ − lr·wd·θ − lr · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε)
 *
 * Both corrections are one number, and ε is scaled instead of v: a fraction by √(1−β₂ᵗ) is the same, and two passes over
 * all parameters shorter. The numbers come in made in float64 on the host. PyTorch's torch.optim.AdamW is the same
 * formula with the corrections elsewhere in it, so that rounding differs.
 *
 * @throws RangeError for a β that is not from 0 to below 1, an ε that is not above 0 (a parameter without a gradient
 * would become 0 / 0), or a negative decay
 * @see Loshchilov & Hutter 2019, arXiv:1711.05101
 */
export const adamw = ({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
}: AdamWOptions = {}): Optimizer => {
  for (const [name, beta] of Object.entries({ beta1, beta2 }))
    if (!(beta >= 0 && beta < 1)) throw new RangeError(`adamw: ${name} must be from 0 to below 1, found ${beta}`)
  if (!(epsilon > 0)) throw new RangeError(`adamw: epsilon must be above 0, found ${epsilon}`)
  if (!(weightDecay >= 0)) throw new RangeError(`adamw: weightDecay must be at least 0, found ${weightDecay}`)
  return {
    moments: ['m', 'v'],
    coefficients: (step) => {
      const scale = Math.sqrt(1 - beta2 ** (step + 1))
      return { correction: scale / (1 - beta1 ** (step + 1)), epsilon: epsilon * scale }
    },
    update: ({ parameters, gradients, moments, rate, coefficients }) => {
      const m = tf.add(tf.mul(moments['m']!, beta1), tf.mul(gradients, 1 - beta1))
      const v = tf.add(tf.mul(moments['v']!, beta2), tf.mul(tf.square(gradients), 1 - beta2))
      const direction = tf.div(m, tf.add(tf.sqrt(v), coefficients['epsilon']!))
      const decayed = weightDecay === 0 ? parameters : tf.sub(parameters, tf.mul(parameters, tf.mul(rate, weightDecay)))
      return {
        parameters: tf.sub(decayed, tf.mul(tf.mul(rate, coefficients['correction']!), direction)) as tf.Tensor1D,
        moments: { m, v } as Record<string, tf.Tensor1D>,
      }
    },
  }
}

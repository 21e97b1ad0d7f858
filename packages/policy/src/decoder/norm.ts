import * as tf from '@tensorflow/tfjs-core'
import type { Norm } from '../architectures/decoder-config.ts'
import { type Model, parameter } from './parameters.ts'

/**
 * The normalised activations without weight or bias, over the last axis:
 * layer: x̂ = (x − mean x) / √(var x + ε), rms: x̂ = x / √(mean x² + ε).
 *
 * The gradient is written out because the tape's would take three times the passes over memory:
 * dx = (dy − [mean dy]_layer − x̂ · mean(dy · x̂)) / σ.
 */
export const normalize = ({ kind, eps }: Norm): ((x: tf.Tensor2D) => tf.Tensor2D) =>
  tf.customGrad<tf.Tensor2D>((input, save) => {
    const x = input as tf.Tensor2D
    const centred = kind === 'layer' ? tf.sub(x, tf.mean(x, -1, true)) : x
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps))
    const value = tf.mul<tf.Tensor2D>(centred, inverse)
    ;(save as tf.GradSaveFunc)([value, inverse])
    return {
      value,
      gradFunc: (dy: tf.Tensor2D, [normal, scale]: tf.Tensor[]) => {
        const along = tf.mul(normal!, tf.mean(tf.mul(dy, normal!), -1, true))
        const across = kind === 'layer' ? tf.sub(dy, tf.mean(dy, -1, true)) : dy
        return tf.mul(tf.sub(across, along), scale!)
      },
    }
  })

/** The norm of a module: x̂ · weight + bias. [n, hidden] → [n, hidden] */
export const norm = (model: Model, name: string, x: tf.Tensor2D): tf.Tensor2D => {
  const scaled = tf.mul<tf.Tensor2D>(normalize(model.config.norm)(x), parameter(model, `${name}.weight`))
  const bias = model.find(`${name}.bias`)
  return bias === undefined ? scaled : tf.add(scaled, bias)
}

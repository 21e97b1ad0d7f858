import { layerNorm, rmsNorm } from '@gfnlm/jit'
import type * as tf from '@tensorflow/tfjs-core'
import { type Model, parameter } from './parameters.ts'

/** The norm of a module, with its weight and, where it has one, its bias. [n, hidden] → [n, hidden] */
export const norm = (model: Model, name: string, x: tf.Tensor2D): tf.Tensor2D => {
  const { kind, eps } = model.config.norm
  const weight = parameter<tf.Tensor>(model, `${name}.weight`)
  const normal = kind === 'layer' ? layerNorm(eps)(x, weight, model.find(`${name}.bias`)) : rmsNorm(eps)(x, weight)
  return normal as tf.Tensor2D
}

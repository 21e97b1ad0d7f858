import { layerNorm, rmsNorm } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { type Model, parameter } from './parameters.ts'

/** The norm of a module over the last axis, with its weight and, where it has one, its bias. */
export const norm = <T extends tf.Tensor>(model: Model, name: string, x: T): T => {
  const { kind, eps, offset } = model.config.norm
  const kept = parameter<tf.Tensor>(model, `${name}.weight`)
  const weight = offset === undefined ? kept : tf.add(kept, offset)
  return (kind === 'layer' ? layerNorm(eps)(x, weight, model.find(`${name}.bias`)) : rmsNorm(eps)(x, weight)) as T
}

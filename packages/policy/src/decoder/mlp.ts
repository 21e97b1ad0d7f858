import * as tf from '@tensorflow/tfjs-core'
import { ACTIVATE } from './activation.ts'
import { linear } from './linear.ts'
import type { Model } from './parameters.ts'

/** down(act(up x)), or down(act(gate x) · up x) when the family has a gate. [n, hidden] → [n, hidden] */
export const mlp = (model: Model, at: (name: string) => string, x: tf.Tensor2D): tf.Tensor2D => {
  const { names, activation } = model.config
  const activate = ACTIVATE[activation]
  const up = linear(model, at(names.up), x)
  const wide: tf.Tensor2D =
    names.gate === undefined ? activate(up) : tf.mul(activate(linear(model, at(names.gate), x)), up)
  return linear(model, at(names.down), wide)
}

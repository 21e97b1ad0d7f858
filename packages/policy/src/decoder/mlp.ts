import * as tf from '@tensorflow/tfjs-core'
import { ACTIVATE } from './activation.ts'
import { linear } from './linear.ts'
import type { Model } from './parameters.ts'

/** down(act(up x)), or down(act(gate x) · up x) when the family has a gate. [n, hidden] → [n, hidden] */
export const mlp = (model: Model, at: (name: string) => string, x: tf.Tensor2D): tf.Tensor2D => {
  const { names, activation } = model.config
  const { wide } = names
  const activate = ACTIVATE[activation]
  const gated = (gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D => tf.mul(activate(gate), up)
  const widened = (): tf.Tensor2D => {
    if ('gateUp' in wide) {
      const [gate, up] = tf.split(linear(model, at(wide.gateUp), x), 2, 1) as [tf.Tensor2D, tf.Tensor2D]
      return gated(gate, up)
    }
    const up = linear(model, at(wide.up), x)
    return 'gate' in wide ? gated(linear(model, at(wide.gate), x), up) : activate(up)
  }
  return linear(model, at(names.down), widened())
}

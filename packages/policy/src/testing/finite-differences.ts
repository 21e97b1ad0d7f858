import { type Device, type HostTensors, hostTensor, jit } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { Tensors } from '../policy.ts'

/** A scalar of parameters, inside a compiled function. */
export type Loss = (constants: Tensors, parameters: Tensors) => tf.Scalar

export interface GradientCheck {
  readonly device?: Device
  /** What moves with a parameter, so that the loss that is differenced is the one its gradient is said to be of. */
  readonly following?: (moved: HostTensors) => HostTensors
}

/**
 * Of each parameter, how far the slope of a loss along its gradient is from the gradient's norm, as a share of it: the
 * derivative against central differences. A gradient of 0 counts as a share of 1.
 */
export const slopeErrors = async (
  loss: Loss,
  constants: HostTensors,
  parameters: HostTensors,
  { device = 'cpu', following = (moved) => moved }: GradientCheck = {},
): Promise<Record<string, number>> => {
  const names = Object.keys(parameters)
  const compiled = jit(
    (given: Tensors, frozen: Tensors) => {
      const { value, grads } = tf.valueAndGrads((...leaves: tf.Tensor[]) =>
        loss(frozen, Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))),
      )(names.map((name) => given[name]!))
      return { value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!])) }
    },
    { device, constants },
  )
  const { grads } = await compiled(parameters)
  const errors: Record<string, number> = {}
  for (const name of names) {
    const gradient = grads[name]!.data as Float32Array
    const norm = Math.hypot(...gradient)
    const at = async (step: number): Promise<number> => {
      const { data, shape } = parameters[name]!
      const moved = hostTensor(
        Float32Array.from(data, (value, i) => value + (step * gradient[i]!) / (norm || 1)),
        shape,
      )
      return (await compiled(following({ ...parameters, [name]: moved }))).value.data[0]!
    }
    errors[name] = norm === 0 ? 1 : Math.abs(((await at(1e-2)) - (await at(-1e-2))) / 2e-2 - norm) / norm
  }
  await compiled.dispose()
  return errors
}

import type * as tf from '@tensorflow/tfjs-core'
import type { Tensors } from '../policy.ts'

/** A head's matrix, [outputs, width]. Throws a RangeError where there is none, or one for states of another width. */
export const headWeight = (parameters: Tensors, name: string, width: number): tf.Tensor2D => {
  const weight = parameters[name]
  if (weight === undefined)
    throw new RangeError(`the head has no ${name}, only ${Object.keys(parameters).join(', ') || 'nothing'}`)
  if (weight.shape[1] !== width)
    throw new RangeError(`the head's ${name} is for states of ${weight.shape[1]} numbers, the model's have ${width}`)
  return weight as tf.Tensor2D
}

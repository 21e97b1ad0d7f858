import { type HostTensor, type HostTensors, hostTensor, sizeOf } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'

/** Where each named parameter lies in one vector of all of them. */
export interface ParameterLayout {
  readonly entries: readonly { readonly name: string; readonly shape: readonly number[]; readonly offset: number }[]
  readonly size: number
}

/** Lays parameters out one after another, in order of their names. */
export const parameterLayout = (parameters: HostTensors): ParameterLayout => {
  let size = 0
  const entries = Object.keys(parameters)
    .sort()
    .map((name) => {
      const { shape } = parameters[name]!
      const offset = size
      size += sizeOf(shape)
      return { name, shape, offset }
    })
  return { entries, size }
}

/** Named parameters → one vector. */
export const joinParameters = ({ entries, size }: ParameterLayout, parameters: HostTensors): Float32Array => {
  const vector = new Float32Array(size)
  for (const { name, offset } of entries) vector.set(parameters[name]!.data as Float32Array, offset)
  return vector
}

/** One vector → named parameters (views of it). */
export const splitParameters = ({ entries }: ParameterLayout, vector: Float32Array): Record<string, HostTensor> =>
  Object.fromEntries(
    entries.map(({ name, shape, offset }) => [
      name,
      hostTensor(vector.subarray(offset, offset + sizeOf(shape)), shape),
    ]),
  )

/** `splitParameters` inside a compiled function. */
export const sliceParameters = ({ entries }: ParameterLayout, vector: tf.Tensor1D): Record<string, tf.Tensor> =>
  Object.fromEntries(
    entries.map(({ name, shape, offset }) => [name, tf.reshape(tf.slice1d(vector, offset, sizeOf(shape)), [...shape])]),
  )

/** `joinParameters` inside a compiled function. */
export const concatParameters = (
  { entries }: ParameterLayout,
  named: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor1D =>
  tf.concat1d(entries.map(({ name, shape }) => tf.reshape(named[name]!, [sizeOf(shape)]) as tf.Tensor1D))

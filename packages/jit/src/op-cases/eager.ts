import * as tf from '@tensorflow/tfjs-core'
import { hostTensor, type HostTensor } from '../host-tensor.ts'
import { projection } from './finite-difference.ts'

type Function = (...inputs: tf.Tensor[]) => tf.Tensor

const toTensor = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data, [...shape], dtype)

const toHost = (t: tf.Tensor): HostTensor => hostTensor(t.dataSync() as Float32Array, t.shape)

/** Runs a tensor function on the current TensorFlow.js backend. */
export const runEagerly = (f: Function, inputs: readonly HostTensor[]): HostTensor => {
  const output = tf.tidy(() => f(...inputs.map(toTensor)))
  const host = toHost(output)
  output.dispose()
  return host
}

/** `f` as a function of some of its inputs, the others held fixed. */
export const partially =
  (f: Function, inputs: readonly tf.Tensor[], which: readonly number[]): Function =>
  (...some) =>
    f(...inputs.map((t, i) => (which.includes(i) ? some[which.indexOf(i)] : t)))

/** The gradients of Σ projection · f in the inputs named, in that order. */
export const gradientsOf =
  (f: Function, which: readonly number[]) =>
  (...inputs: tf.Tensor[]): tf.Tensor[] => {
    if (which.length === 0) return []
    const weigh = (y: tf.Tensor): tf.Tensor => tf.sum(tf.mul(y, toTensor(projection(y.shape))))
    const ofSome = partially(f, inputs, which)
    return tf.grads((...some) => weigh(ofSome(...some)))(which.map((i) => inputs[i]))
  }

/** The same on host arrays, on the current backend. */
export const gradientsEagerly = (
  f: Function,
  inputs: readonly HostTensor[],
  which: readonly number[],
): HostTensor[] => {
  const gradients = tf.tidy(() => gradientsOf(f, which)(...inputs.map(toTensor)))
  const hosts = gradients.map(toHost)
  tf.dispose(gradients)
  return hosts
}

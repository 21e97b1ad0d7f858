import * as tf from '@tensorflow/tfjs-core'

/** A kernel made from the one a backend has. */
export interface Correction {
  readonly kernelName: string
  readonly backends: readonly string[]
  readonly correct: (original: tf.KernelFunc) => tf.KernelFunc
}

/** What a kernel is called with. */
export type KernelCall = Parameters<tf.KernelFunc>[0]

/** An input of a kernel; the engine hands kernels tensors. */
export const inputOf = ({ inputs }: KernelCall, name: string): tf.Tensor => inputs[name] as tf.Tensor

import type * as tf from '@tensorflow/tfjs-core'
import { hostTensor, sizeOf, type HostTensor } from '../host-tensor.ts'

/** A small call of an operation, to be checked on every engine. */
export interface OpCase {
  /** The kernels it is about. */
  readonly kernels: readonly string[]
  readonly name: string
  readonly inputs: readonly HostTensor[]
  /** Tensor operations only: no reading of values, so that it can be traced. */
  readonly f: (...inputs: tf.Tensor[]) => tf.Tensor
  /** Positions of the inputs whose gradient can be checked by finite differences. */
  readonly differentiable: readonly number[]
}

type Function = OpCase['f']

/** A case whose every float32 input is differentiable. */
export const opCase = (
  kernels: string | readonly string[],
  name: string,
  inputs: readonly HostTensor[],
  f: Function,
  differentiable: readonly number[] = inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : [])),
): OpCase => ({ kernels: [kernels].flat(), name, inputs, f, differentiable })

/** float32 elements in a shape (default: one axis). */
export const floats = (values: readonly number[], shape: readonly number[] = [values.length]): HostTensor =>
  hostTensor(Float32Array.from(values), shape)

/** int32 elements in a shape (default: one axis). */
export const ints = (values: readonly number[], shape: readonly number[] = [values.length]): HostTensor =>
  hostTensor(Int32Array.from(values), shape)

/** bool elements in a shape (default: one axis). */
export const bools = (values: readonly (0 | 1)[], shape: readonly number[] = [values.length]): HostTensor =>
  hostTensor(Uint8Array.from(values), shape)

const GOLDEN = (Math.sqrt(5) - 1) / 2

/** Distinct, unordered values all over [low, high]: the golden-ratio sequence. */
export const spread = (shape: readonly number[], low: number = -2, high: number = 2): HostTensor =>
  hostTensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => low + (high - low) * (((i + 1) * GOLDEN) % 1)),
    shape,
  )

import type * as tf from '@tensorflow/tfjs-core'
import { jitError } from './errors.ts'
import type { HostTensors } from './host-tensor.ts'
import { eagerExecutable } from './runtime/eager-executable.ts'
import type { Executable, HeldWrite } from './runtime/executable.ts'
import { onnxExecutable } from './runtime/onnx-executable.ts'
import type { Signature } from './signature.ts'
import { flatten, isTensor, unflatten } from './tree.ts'

/**
 * Where a function runs: one ONNX graph on ONNX Runtime's `cpu`, `webgpu` or `cuda` provider, or op by op on a
 * registered tfjs backend (`tfjs:cpu`, `tfjs:wasm`, `tfjs:tensorflow` for tfjs-node and tfjs-node-gpu).
 */
export type Device = 'cpu' | 'webgpu' | 'cuda' | `tfjs:${string}`

export interface JitOptions {
  readonly device?: Device
  /** Frozen arrays: part of the graph, packed once. The function gets them as its second argument, by name. */
  readonly constants?: HostTensors
  /**
   * Number of the engine's thread that the function runs on, with one core (default: the first thread, with every
   * core). Functions of different threads run at the same time; each thread keeps its own copy of the weights.
   */
  readonly thread?: number
  /** Outputs that stay with held inputs instead of coming back (a key-value cache grows this way). */
  readonly writes?: readonly HeldWrite[]
}

/** A function made to be compiled: tensors in, tensors out, nothing read on the way. */
export type Traceable<In, Out> = (inputs: In, constants: Readonly<Record<string, tf.Tensor>>) => Out

const outputsOf = (out: unknown): Readonly<Record<string, tf.Tensor>> => {
  const tensors = out instanceof Promise ? {} : flatten<tf.Tensor>(out as tf.Tensor, isTensor)
  if (Object.keys(tensors).length > 0) return tensors
  throw jitError(
    'InvalidInput',
    out instanceof Promise ? 'an async function cannot be compiled' : 'the function returned no tensor',
    'Return a tensor or a record of tensors; what has to be awaited is awaited outside and passed in.',
  )
}

/** `f` made ready for one signature on its device. */
export const compile = <In, Out>(
  f: Traceable<In, Out>,
  signature: Signature,
  options: JitOptions,
): Promise<Executable> => {
  const { device = 'cpu', constants = {}, writes = [], thread } = options
  const g = (
    inputs: Readonly<Record<string, tf.Tensor>>,
    frozen: Readonly<Record<string, tf.Tensor>>,
  ): Readonly<Record<string, tf.Tensor>> => outputsOf(f(unflatten(inputs) as In, frozen))
  return device.startsWith('tfjs:')
    ? eagerExecutable(g, constants, device.slice('tfjs:'.length), writes)
    : onnxExecutable(g, signature, constants, device as 'cpu', writes, thread)
}

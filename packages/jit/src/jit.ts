import type * as tf from '@tensorflow/tfjs-core'
import { jitError } from './errors.ts'
import type { HostTensors } from './host-tensor.ts'
import type { Executable, HeldExecutable, HeldWrite } from './runtime/executable.ts'
import { eagerExecutable } from './runtime/eager-executable.ts'
import { onnxExecutable } from './runtime/onnx-executable.ts'
import { type Signature, signatureDifference, signatureKey, signatureOf } from './signature.ts'
import { callerLine } from './trace/caller.ts'
import { type AsHost, type HostTree, flatten, isHostTensor, isTensor, unflatten } from './tree.ts'

/**
 * Where a function runs: one ONNX graph on ONNX Runtime's `cpu`, `webgpu` or `cuda` provider, or op by op on a
 * registered tfjs backend (`tfjs:cpu`, `tfjs:wasm`, `tfjs:tensorflow` for tfjs-node and tfjs-node-gpu).
 */
export type Device = 'cpu' | 'webgpu' | 'cuda' | `tfjs:${string}`

export interface JitOptions {
  readonly device?: Device
  /** Frozen arrays: part of the graph, packed once. The function gets them as its second argument, by name. */
  readonly constants?: HostTensors
  /** Outputs that stay with held inputs instead of coming back (a key-value cache grows this way). */
  readonly writes?: readonly HeldWrite[]
}

/** Some inputs kept where the function runs; the rest come with each call. */
export interface Holding<Out> {
  readonly run: (rest: HostTree) => Promise<Out>
  /** Frees the held arrays. */
  readonly drop: () => Promise<void>
}

/** A compiled function. Host arrays in, host arrays out, off the main thread. */
export interface Compiled<In, Out> {
  (inputs: In): Promise<Out>
  /** Sends `held` once and keeps it there; the signature of a call is that of both together. */
  readonly hold: (held: HostTree) => Promise<Holding<Out>>
  /** Frees sessions and constants. */
  readonly dispose: () => Promise<void>
}

/** A function made to be compiled: tensors in, tensors out, nothing read on the way. */
export type Traceable<In, Out> = (inputs: In, constants: Readonly<Record<string, tf.Tensor>>) => Out

const flat = (tree: HostTree): HostTensors => flatten(tree, isHostTensor)

const compile = <In, Out>(f: Traceable<In, Out>, signature: Signature, options: JitOptions): Promise<Executable> => {
  const { device = 'cpu', constants = {}, writes = [] } = options
  const g = (inputs: Readonly<Record<string, tf.Tensor>>, frozen: Readonly<Record<string, tf.Tensor>>): Readonly<Record<string, tf.Tensor>> =>
    flatten<tf.Tensor>(f(unflatten(inputs) as In, frozen) as tf.Tensor, isTensor)
  return device.startsWith('tfjs:')
    ? eagerExecutable(g, constants, device.slice('tfjs:'.length), writes)
    : onnxExecutable(g, signature, constants, device as 'cpu', writes)
}

/** Calls through whichever executable `choose` gives for a signature. */
const callable = <In, Out>(
  choose: (signature: Signature) => Promise<Executable>,
  dispose: () => Promise<void>,
): Compiled<AsHost<In>, AsHost<Out>> => {
  const call = async (inputs: AsHost<In>): Promise<AsHost<Out>> => {
    const feeds = flat(inputs as HostTree)
    const executable = await choose(signatureOf(feeds))
    return unflatten(await executable.run(feeds)) as AsHost<Out>
  }
  const hold = async (tree: HostTree): Promise<Holding<AsHost<Out>>> => {
    const arrays = flat(tree)
    const kept = signatureOf(arrays)
    // Arrays are sent when the first call says which executable they belong to.
    let bound: { readonly executable: Executable; readonly held: HeldExecutable } | undefined
    return {
      run: async (rest) => {
        const feeds = flat(rest)
        const executable = await choose({ ...kept, ...signatureOf(feeds) })
        if (bound?.executable !== executable) {
          await bound?.held.drop()
          bound = { executable, held: await executable.hold(arrays) }
        }
        return unflatten(await bound.held.run(feeds)) as AsHost<Out>
      },
      drop: async () => {
        await bound?.held.drop()
        bound = undefined
      },
    }
  }
  return Object.assign(call, { hold, dispose })
}

/**
 * Compiles a function of tensors, with its gradient and its optimizer inside, into one graph: traced at the first
 * call, for the shapes of that call. A later call with other shapes is an error (`ShapeChanged`); `jitPerShape`
 * compiles for each.
 *
 * @example
 * const step = jit(({ w, x }: { w: tf.Tensor; x: tf.Tensor }) => tf.grad((w) => tf.sum(tf.square(tf.mul(w, x))))(w))
 * const { data } = await step({ w: hostTensor(Float32Array.of(2)), x: hostTensor(Float32Array.of(3)) })
 * // => Float32Array [ 36 ]
 */
export const jit = <In extends object, Out extends object>(f: Traceable<In, Out>, options: JitOptions = {}): Compiled<AsHost<In>, AsHost<Out>> => {
  let made: { readonly signature: Signature; readonly executable: Promise<Executable> } | undefined
  const where = callerLine()
  return callable<In, Out>(
    (signature) => {
      made ??= { signature, executable: compile(f, signature, options) }
      const difference = signatureDifference(made.signature, signature)
      return difference === undefined
        ? made.executable
        : Promise.reject(jitError('ShapeChanged', `${difference} (compiled at ${where})`, 'Pad to one shape, or use jitPerShape, which compiles once for each.', { expected: made.signature, found: signature }))
    },
    async () => {
      await (await made?.executable)?.dispose()
      made = undefined
    },
  )
}

/**
 * Like `jit`, with one compiled graph for each signature it meets, up to `limit` of them (default 16): for batches
 * padded to a few buckets. One more is an error, because a function that recompiles all the time is slow unseen.
 */
export const jitPerShape = <In extends object, Out extends object>(
  f: Traceable<In, Out>,
  { limit = 16, ...options }: JitOptions & { readonly limit?: number } = {},
): Compiled<AsHost<In>, AsHost<Out>> => {
  const made = new Map<string, Promise<Executable>>()
  const where = callerLine()
  return callable<In, Out>(
    (signature) => {
      const key = signatureKey(signature)
      const found = made.get(key)
      if (found !== undefined) return found
      if (made.size >= limit)
        return Promise.reject(jitError('ShapeChanged', `a ${limit + 1}th signature came to a function compiled per shape (at ${where}): ${key}`, 'Pad lengths and rows to fewer buckets, or raise `limit`.', { limit }))
      const executable = compile(f, signature, options)
      made.set(key, executable)
      return executable
    },
    async () => {
      for (const executable of made.values()) await (await executable).dispose()
      made.clear()
    },
  )
}

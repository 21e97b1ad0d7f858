import { type Compiled, callable } from './callable.ts'
import { type JitOptions, type Traceable, compile } from './compile.ts'
import { jitError } from './errors.ts'
import type { Executable } from './runtime/executable.ts'
import { type Signature, differing, signatureDifference, signatureKey } from './signature.ts'
import { callerLine } from './trace/caller.ts'
import type { AsHost } from './tree.ts'

/** What failed to compile is forgotten, so that the next call is a first call again. */
const compiled = <In, Out>(
  f: Traceable<In, Out>,
  signature: Signature,
  options: JitOptions,
  forget: (failed: Promise<Executable>) => unknown,
): Promise<Executable> => {
  const executable = compile(f, signature, options)
  executable.catch(() => forget(executable))
  return executable
}

/**
 * Compiles a function of tensors, with its gradient and its optimizer inside, into one graph: traced at the first
 * call, for the shapes of that call. A later call with other shapes is an error (`ShapeChanged`); `jitPerShape`
 * compiles for each.
 *
 * The function runs once, to be recorded: what it does besides tensor ops happens once, and a number it computes in
 * JavaScript becomes a constant. tfjs's random ops are therefore refused by name; `Math.random()` cannot be seen, so
 * draw outside and pass the draws in. An error thrown inside the function comes out of the first call unchanged.
 *
 * @example
 * const step = jit(({ w, x }: { w: tf.Tensor; x: tf.Tensor }) => tf.grad((w) => tf.sum(tf.square(tf.mul(w, x))))(w))
 * const { data } = await step({ w: hostTensor(Float32Array.of(2)), x: hostTensor(Float32Array.of(3)) })
 * // => Float32Array [ 36 ]
 */
export const jit = <In extends object, Out extends object>(
  f: Traceable<In, Out>,
  options: JitOptions = {},
): Compiled<AsHost<In>, AsHost<Out>> => {
  let made: { readonly signature: Signature; readonly executable: Promise<Executable> } | undefined
  const where = callerLine()
  const forget = (failed: Promise<Executable>): void => {
    if (made?.executable === failed) made = undefined
  }
  return callable<In, Out>(
    (signature) => {
      made ??= { signature, executable: compiled(f, signature, options, forget) }
      const difference = signatureDifference(made.signature, signature)
      return difference === undefined
        ? made.executable
        : Promise.reject(
            jitError(
              'ShapeChanged',
              `${difference} (compiled at ${where})`,
              'Pad to one shape, or use jitPerShape, which compiles once for each.',
              { expected: made.signature, found: signature },
            ),
          )
    },
    async () => {
      const before = made
      made = undefined
      await (await before?.executable)?.dispose()
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
        return Promise.reject(
          jitError(
            'ShapeChanged',
            `a function compiled per shape at ${where} met more than ${limit} signatures; the newest differs in ${differing(key, made.keys())}`,
            'Pad lengths and rows to fewer buckets, or raise `limit`.',
            { limit },
          ),
        )
      const executable = compiled(f, signature, options, (failed) => made.get(key) === failed && made.delete(key))
      made.set(key, executable)
      return executable
    },
    async () => {
      const before = [...made.values()]
      made.clear()
      const disposed = await Promise.allSettled(before.map(async (executable) => (await executable).dispose()))
      for (const each of disposed) if (each.status === 'rejected') throw each.reason
    },
  )
}

import * as tf from '@tensorflow/tfjs-core'
import { isRegistered, started, withBackend } from '../current-backend.ts'
import { jitError } from '../errors.ts'
import type { Elements, HostTensor, HostTensors } from '../host-tensor.ts'
import { registerMissingKernels } from '../kernels/register-missing-kernels.ts'
import { copyRows } from './copy-rows.ts'
import {
  type Copies,
  type Executable,
  type HeldExecutable,
  type HeldWrite,
  type Kept,
  copyPairs,
  heldTarget,
  isUnder,
  notKept,
  positions,
} from './executable.ts'
import { mustBeWritable, writeRows } from './write-rows.ts'

/** What functions kept, wherever they ran: it lies in this thread's memory. */
const keptArrays = new WeakMap<Kept, HostTensors>()

const keptAs = (arrays: HostTensors): Kept => {
  const kept: Kept = { drop: async () => void keptArrays.delete(kept) }
  keptArrays.set(kept, arrays)
  return kept
}

const clones = (tensors: Readonly<Record<string, tf.Tensor>>): tf.NamedTensorMap =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, tf.clone(t)]))

const tensorOf = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data as Float32Array, [...shape], dtype)

/** Starts a tfjs backend, or says why it cannot be used. */
const ready = async (backend: string): Promise<void> => {
  if (!isRegistered(backend))
    throw jitError(
      'DeviceUnavailable',
      `no tfjs backend '${backend}' is registered`,
      `Import the package that registers it (for example @tensorflow/tfjs-backend-${backend}, or @tensorflow/tfjs-node for 'tensorflow').`,
      { backend },
    )
  await started(backend).catch((e: unknown) => {
    throw jitError(
      'DeviceUnavailable',
      `the tfjs backend '${backend}' could not start: ${e instanceof Error ? e.message : String(e)}`,
      'Use another device.',
      { backend },
    )
  })
  withBackend(backend, registerMissingKernels)
}

/** Runs `f` op by op on a registered tfjs backend: the reference in tests, and the way to other backends. */
export const eagerExecutable = async (
  f: (
    inputs: Readonly<Record<string, tf.Tensor>>,
    constants: Readonly<Record<string, tf.Tensor>>,
  ) => Readonly<Record<string, tf.Tensor>>,
  constants: HostTensors,
  backend: string,
  writes: readonly HeldWrite[],
): Promise<Executable> => {
  const map = (arrays: HostTensors): Record<string, tf.Tensor> =>
    Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, tensorOf(a)]))
  await ready(backend)
  const frozen = withBackend(backend, () => map(constants))
  // A copy: the backend may hand out the array it was given, and the caller's arrays stay the caller's.
  const read = async (t: tf.Tensor): Promise<HostTensor> => ({
    shape: t.shape,
    dtype: t.dtype as HostTensor['dtype'],
    data: ((await t.data()) as Elements).slice(),
  })
  const run = async (feeds: HostTensors): Promise<Record<string, HostTensor>> => {
    // Clones: an output that is a constant must outlive the disposal of the outputs.
    const results = withBackend(backend, () => tf.tidy(() => clones(f(map(feeds), frozen))))
    const outputs: Record<string, HostTensor> = {}
    for (const [name, t] of Object.entries(results)) outputs[name] = await read(t)
    tf.dispose(results)
    return outputs
  }
  return {
    run,
    keep: async (feeds, branch) => {
      const outputs = await run(feeds)
      const kept: Record<string, HostTensor> = {}
      for (const name of Object.keys(outputs).filter((path) => isUnder(branch, path))) {
        kept[name] = outputs[name]!
        delete outputs[name]
      }
      return { outputs, kept: keptAs(kept) }
    },
    hold: async (arrays, given = {}) => {
      const copied = Object.fromEntries(
        Object.entries(arrays).map(([name, a]) => [name, { ...a, data: a.data.slice() }]),
      )
      const held: HostTensors = { ...copied, ...given }
      const step = async (feeds: HostTensors, copies: readonly Copies[]): Promise<HostTensors> => {
        for (const copy of copies) {
          const kept = keptArrays.get(copy.kept)
          if (kept === undefined) throw notKept()
          for (const { output, input } of copyPairs(copy, Object.keys(held)))
            copyRows(held[input]!, kept[output]!, copy.axis, copy.pieces)
        }
        const outputs = await run({ ...held, ...feeds })
        for (const name of Object.keys(outputs)) {
          const target = heldTarget(writes, name)
          if (target === undefined || held[target.input] === undefined) continue
          const [to, from, at] = [held[target.input]!, outputs[name]!, positions(feeds, target.write)]
          mustBeWritable(to, from, target.write.axis, at)
          writeRows(to, from, target.write.axis, at)
          delete outputs[name]
        }
        return outputs
      }
      // One run at a time: the next one reads what this one writes.
      let last: Promise<unknown> = Promise.resolve()
      const holding: HeldExecutable = {
        run: (feeds, copies = []) => {
          const result = last.then(() => step(feeds, copies))
          last = result.catch(() => {})
          return result
        },
        drop: async () => void keptArrays.delete(holding),
      }
      keptArrays.set(holding, held)
      return holding
    },
    dispose: async () => tf.dispose(frozen),
  }
}

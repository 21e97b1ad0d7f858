import * as tf from '@tensorflow/tfjs-core'
import { jitError } from '../errors.ts'
import type { Elements, HostTensor, HostTensors } from '../host-tensor.ts'
import { registerMissingKernels } from '../kernels/register-missing-kernels.ts'
import { type Executable, type HeldWrite, heldTarget } from './executable.ts'
import { writeRows } from './write-rows.ts'

const tensorOf = ({ data, shape, dtype }: HostTensor): tf.Tensor => tf.tensor(data as Float32Array, [...shape], dtype)

/** Runs `body` with a tfjs backend current, and gives the caller's back. */
const on = async <A>(backend: string, body: () => A): Promise<A> => {
  if (tf.findBackendFactory(backend) === null || tf.findBackendFactory(backend) === undefined)
    throw jitError('DeviceUnavailable', `no tfjs backend '${backend}' is registered`, `Import the package that registers it (for example @tensorflow/tfjs-backend-${backend}, or @tensorflow/tfjs-node for 'tensorflow').`)
  const before = tf.engine().backendName as string | undefined
  if (!(await tf.setBackend(backend))) throw jitError('DeviceUnavailable', `the tfjs backend '${backend}' could not start`, 'See its own message above.')
  registerMissingKernels()
  try {
    return body()
  } finally {
    if (before !== undefined && before !== null && before !== backend) await tf.setBackend(before)
  }
}

/** Runs `f` op by op on a registered tfjs backend: the reference in tests, and the way to other backends. */
export const eagerExecutable = async (
  f: (inputs: Readonly<Record<string, tf.Tensor>>, constants: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>,
  constants: HostTensors,
  backend: string,
  writes: readonly HeldWrite[],
): Promise<Executable> => {
  const map = (arrays: HostTensors): Record<string, tf.Tensor> =>
    Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, tensorOf(a)]))
  const frozen = await on(backend, () => tf.tidy(() => { const made = map(constants); for (const t of Object.values(made)) tf.keep(t); return made }))
  const read = async (t: tf.Tensor): Promise<HostTensor> => ({ shape: t.shape, dtype: t.dtype as HostTensor['dtype'], data: (await t.data()) as Elements })
  const run = async (feeds: HostTensors): Promise<Record<string, HostTensor>> => {
    const results = await on(backend, () => tf.tidy(() => f(map(feeds), frozen) as tf.NamedTensorMap))
    const outputs: Record<string, HostTensor> = {}
    for (const [name, t] of Object.entries(results)) outputs[name] = await read(t)
    tf.dispose(results)
    return outputs
  }
  return {
    run,
    hold: async (arrays) => {
      const held: HostTensors = Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, { ...a, data: a.data.slice() }]))
      return {
        run: async (feeds) => {
          const outputs = await run({ ...held, ...feeds })
          for (const name of Object.keys(outputs)) {
            const target = heldTarget(writes, name)
            if (target === undefined || held[target.input] === undefined) continue
            writeRows(held[target.input]!, outputs[name]!, target.write.axis, feeds[target.write.at]!.data as Int32Array)
            delete outputs[name]
          }
          return outputs
        },
        drop: async () => {},
      }
    },
    dispose: async () => tf.dispose(frozen),
  }
}

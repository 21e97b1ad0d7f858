import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { jitError, jitErrorFrom } from '../errors.ts'
import type { FileRegion, HostTensors } from '../host-tensor.ts'
import { stampOf } from '../read-region.ts'
import { ask, freedWith, threadCount } from './engine.ts'
import type { LongWire, Reply } from './protocol.ts'

/** A model made elsewhere, on the engine's thread. */
export interface OnnxFile {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Its outputs for some integers, int64 as such models take token ids and masks. */
  readonly run: (feeds: Readonly<Record<string, LongWire>>) => Promise<HostTensors>
  readonly close: () => Promise<void>
}

const failed = (doing: string, path: string, reply: Reply): Error =>
  reply.kind === 'fault'
    ? jitErrorFrom(reply.fault)
    : jitError(
        'SessionFailed',
        `${path} could not be ${doing}: ${'message' in reply ? reply.message : reply.kind}`,
        'Check that it is a whole ONNX model for the CPU, with its external data beside it, and that the inputs are its own.',
        { path },
      )

/** The model, then what is named after it: external data (`model.onnx_data`). */
const modelFiles = (path: string): [FileRegion, ...FileRegion[]] => {
  const asItIs = (path: string): FileRegion => ({ path, offset: 0, stamp: stampOf(path) })
  const beside = readdirSync(dirname(path)).filter((name) => name !== basename(path) && name.startsWith(basename(path)))
  return [asItIs(path), ...beside.map((name) => asItIs(join(dirname(path), name)))]
}

/**
 * Opens an ONNX file as it is, on the CPU. Runs are off the caller's thread, one after another with those of compiled
 * functions; the session is closed when nobody holds the model's `run`. The file must stay as it is.
 *
 * @throws JitError `SessionFailed` where ONNX Runtime cannot read or run it
 * @example const { last_hidden_state } = await (await openOnnx('model.onnx')).run({ input_ids: { shape: [1, 2], data: BigInt64Array.of(5n, 6n) } })
 */
export const openOnnx = async (path: string): Promise<OnnxFile> => {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) throw jitError('SessionFailed', `there is no file ${path}`, 'Name an ONNX model.', { path })
  const reply = await ask({ kind: 'open', files: modelFiles(path), threads: threadCount(), bytes: size })
  if (reply.kind !== 'opened') throw failed('opened', path, reply)
  const { handle: session, inputs, outputs } = reply
  const run: OnnxFile['run'] = async (feeds) => {
    const answer = await ask({ kind: 'infer', session, feeds })
    if (answer.kind !== 'outputs') throw failed('run', path, answer)
    return answer.outputs
  }
  // whoever has `run` has the session, with or without the rest
  return { inputs, outputs, run, close: freedWith(run, { kind: 'release', session }) }
}

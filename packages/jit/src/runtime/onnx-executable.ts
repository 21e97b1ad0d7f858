import type * as tf from '@tensorflow/tfjs-core'
import { parse } from 'node:path'
import { jitError, jitErrorFrom } from '../errors.ts'
import type { HostTensor, HostTensors } from '../host-tensor.ts'
import { activationBytes, frozenProducts } from '../onnx/cost.ts'
import { legalize } from '../onnx/legalize.ts'
import { onnxModel } from '../onnx/model.ts'
import { padRows } from '../onnx/row-padding/pad-rows.ts'
import type { Signature } from '../signature.ts'
import type { Graph, Value } from '../trace/graph.ts'
import { trace } from '../trace/trace.ts'
import { ask, freedWith, threadCount } from './engine.ts'
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
import type { Copy, Reply, Request, SessionOptions } from './protocol.ts'
import { withPaddedWeights } from './padded-weights.ts'
import { mustFit, sessionError } from './session-error.ts'
import { shared } from './shared-weights.ts'

type Failure = (doing: 'open' | 'run', reply: Reply) => Error

/** What a reply means that is not the one hoped for. */
const failureOn =
  (device: string, needed: number): Failure =>
  (doing, reply) =>
    reply.kind === 'gone'
      ? jitError(
          'EngineStopped',
          `a compiled function cannot run: ${reply.message}`,
          "Let runs end before dispose() or drop(). If the engine's thread had stopped, dispose() and call again: it compiles anew.",
        )
      : reply.kind === 'fault'
        ? jitErrorFrom(reply.fault)
        : sessionError(doing, device, needed, reply.kind === 'error' ? reply.message : `unexpected reply ${reply.kind}`)

const handleOf = (reply: Reply, failure: Failure): number => {
  if (reply.kind === 'handle') return reply.handle
  throw failure('open', reply)
}

/** The handles of what functions kept on the engine's thread. */
const handles = new WeakMap<Kept, { readonly held: number; readonly thread: number }>()

const keptAs = (held: number, thread: number): Kept => {
  const owner = {}
  const free = freedWith(owner, { kind: 'drop', held }, thread)
  const kept: Kept = Object.assign(owner, {
    drop: async () => {
      handles.delete(kept)
      await free()
    },
  })
  handles.set(kept, { held, thread })
  return kept
}

const copiesOf = (copies: readonly Copies[], inputs: readonly string[], thread: number): Copy[] =>
  copies.flatMap((copy) => {
    const from = handles.get(copy.kept)
    if (from?.thread !== thread) throw notKept()
    return copyPairs(copy, inputs).map((pair) => ({ from: from.held, ...pair, axis: copy.axis, pieces: copy.pieces }))
  })

const pick = (all: HostTensors, names: readonly string[]): HostTensors =>
  Object.fromEntries(names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])))

/**
 * Packing a matrix for one product takes about as long as multiplying 50 rows by it (measured with ONNX Runtime 1.30 on
 * AVX-512), and keeping it packed takes its memory again, once for each direction it is read in: from this many rows on
 * it is packed at each run. GFNLM_PACKING=once packs once whatever the rows: a tenth faster at 512 rows, and in training
 * twice the weights more memory.
 */
const ROWS_THAT_PAY = process.env['GFNLM_PACKING'] === 'once' ? Infinity : 160

const packingOf = (graph: Graph): Pick<SessionOptions, 'packing' | 'bytes'> => {
  const frozen = frozenProducts(graph)
  const bytes = activationBytes(graph)
  return frozen.rows < ROWS_THAT_PAY ? { packing: 'once', bytes: bytes + frozen.bytes } : { packing: 'each run', bytes }
}

/** Whether an array is all of its memory, and of a value's type and shape. */
const isPlaceOf = ({ dtype, shape, data }: HostTensor, value: Value): boolean =>
  dtype === value.dtype &&
  shape.join() === value.shape.join() &&
  data.buffer instanceof ArrayBuffer &&
  data.byteLength === data.buffer.byteLength

/** Traces `f` for a signature and opens an ONNX Runtime session for it on the engine's thread. */
export const onnxExecutable = async (
  f: (
    inputs: Readonly<Record<string, tf.Tensor>>,
    constants: Readonly<Record<string, tf.Tensor>>,
  ) => Readonly<Record<string, tf.Tensor>>,
  signature: Signature,
  constants: HostTensors,
  device: SessionOptions['device'],
  writes: readonly HeldWrite[],
  thread?: number,
): Promise<Executable> => {
  const on = thread ?? 0
  const tell = (request: Request): Promise<Reply> => ask(request, on)
  const traced = trace(f, signature, await shared(constants)).graph
  const graph = device === 'cpu' ? await withPaddedWeights(padRows(traced)) : legalize(traced, device)
  const root = parse(process.cwd()).root
  const { bytes, files, ...names } = onnxModel(graph, root)
  const options: SessionOptions = { device, threads: thread === undefined ? threadCount() : 1, ...packingOf(graph) }
  const needed = activationBytes(graph)
  mustFit(device, needed)
  const failure = failureOn(device, needed)
  const session = handleOf(await tell({ kind: 'create', model: bytes, root, files, options }), failure)
  const wanted = names.outputs.flatMap((output) => {
    const target = heldTarget(writes, output)
    return target === undefined ? [] : [{ output, input: target.input, axis: target.write.axis, at: target.write.at }]
  })
  const outputs = (reply: Reply): HostTensors => {
    if (reply.kind === 'outputs') return reply.outputs
    throw failure('run', reply)
  }
  /** Of arrays that nobody holds any more, those that outputs fit into. */
  const placesAmong = (spent: HostTensors): HostTensors =>
    Object.fromEntries(
      graph.outputs.flatMap(({ name, value }) => {
        const array = spent[name]
        return array !== undefined && isPlaceOf(array, value) ? [[name, array]] : []
      }),
    )
  const functions = {
    run: async (feeds: HostTensors, spent: HostTensors = {}) => {
      const over = device === 'cpu' ? placesAmong(spent) : {}
      const given = Object.keys(over).length === 0 ? {} : { over }
      return outputs(await tell({ kind: 'run', session, feeds: pick(feeds, names.inputs), ...given }))
    },
    keep: async (feeds: HostTensors, branch: string) => {
      const keep = names.outputs.filter((path) => isUnder(branch, path))
      const reply = await tell({ kind: 'run', session, feeds: pick(feeds, names.inputs), keep })
      return { outputs: outputs(reply), kept: keptAs((reply as Extract<Reply, { kind: 'outputs' }>).kept!, on) }
    },
    hold: async (arrays: HostTensors, given: HostTensors = {}, reuse: boolean = false) => {
      const kept = names.inputs.filter((name) => arrays[name] !== undefined || given[name] !== undefined)
      const writes = wanted.filter((w) => kept.includes(w.input))
      const rest = [...names.inputs.filter((name) => !kept.includes(name)), ...new Set(writes.map(({ at }) => at))]
      const held = handleOf(
        await tell({
          kind: 'hold',
          device,
          tensors: pick(arrays, kept),
          given: pick(given, kept),
          writes,
          reuse,
        }),
        failure,
      )
      let known: HostTensors = {}
      const run = {
        run: async (feeds: HostTensors, copies: readonly Copies[] = []) => {
          for (const write of writes) positions(feeds, write)
          const found = outputs(
            await tell({
              kind: 'run',
              session,
              feeds: pick(feeds, rest),
              held,
              copies: copiesOf(copies, kept, on),
            }),
          )
          known = { ...known, ...found }
          return reuse ? known : found
        },
      }
      const free = freedWith(run, { kind: 'drop', held }, on)
      const holding: HeldExecutable = Object.assign(run, {
        drop: async () => {
          handles.delete(holding)
          await free()
        },
      })
      handles.set(holding, { held, thread: on })
      return holding
    },
  }
  return Object.assign(functions, { dispose: freedWith(functions, { kind: 'release', session }, on) })
}

/**
 * The engine's thread: owns ONNX Runtime sessions and the arrays held for them. `session.run` is synchronous native
 * code, so it lives here and never on the caller's event loop.
 */
import { parentPort, workerData } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import type { JitError } from '../errors.ts'
import { mustBeUnchanged } from '../read-region.ts'
import { copyRows } from './copy-rows.ts'
import { deviceResident } from './device-resident.ts'
import { processMemory } from './memory.ts'
import { openObserved, writeObserved } from './profile/observe.ts'
import type { Session } from './profile/observed-session.ts'
import type { Placement } from './profile/placement.ts'
import type { Envelope, Reply, Request, Wire, WireMap } from './protocol.ts'
import { type Resident, hostResident, tensorOf, wireOf } from './resident.ts'
import { reusedOutputs } from './reused-outputs.ts'
import { type Held, sessionPool } from './session-pool.ts'
import { buffersAt } from './staging.ts'

/** What open sessions of all threads may hold together: half of what the process may have. */
const BUDGET = processMemory() / 2

const sessions = sessionPool<Session>(BUDGET, workerData as Held)

/** Arrays that stay here between runs: held inputs and kept outputs. */
const residents = new Map<number, Resident>()
const NOTHING = hostResident({}, [])

/** Where outputs of runs with held inputs go, by handle, if always to the same place. */
const places = new Map<number, ReturnType<typeof reusedOutputs>>()

const tell = (placement: Placement): void =>
  parentPort!.postMessage({ id: 0, body: { kind: 'placement', placement } } satisfies Envelope<Reply>)

const create = async (
  handle: number,
  { model, root, files, options }: Extract<Request, { kind: 'create' }>,
): Promise<Reply> => {
  const open = (observing: object): Promise<ort.InferenceSession> =>
    ort.InferenceSession.create(model, {
      ...observing,
      executionProviders: options.device === 'cpu' ? ['cpu'] : [options.device, 'cpu'],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      // A plan of all activations in one block would be held besides what the first run took piece by piece.
      enableMemPattern: false,
      extra: {
        session: {
          model_external_initializers_file_folder_path: root,
          disable_prepacking: options.packing === 'once' ? '0' : '1',
          // Threads that spin between runs keep the core that the caller's thread would run on.
          force_spinning_stop: '1',
        },
      },
    })
  await sessions.add(handle, options.bytes, () => {
    files.forEach(mustBeUnchanged)
    return openObserved(handle, options.device, tell, open)
  })
  return { kind: 'handle', handle }
}

const open = async (handle: number, { files, threads, bytes }: Extract<Request, { kind: 'open' }>): Promise<Reply> => {
  let names: Pick<ort.InferenceSession, 'inputNames' | 'outputNames'> = { inputNames: [], outputNames: [] }
  await sessions.add(handle, bytes, () => {
    files.forEach(mustBeUnchanged)
    return openObserved(handle, 'cpu', tell, async (observing) => {
      const session = await ort.InferenceSession.create(files[0].path, {
        ...observing,
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
        extra: { session: { force_spinning_stop: '1' } },
      })
      names = session
      return session
    })
  })
  return { kind: 'opened', handle, inputs: names.inputNames, outputs: names.outputNames }
}

const infer = async ({ session, feeds }: Extract<Request, { kind: 'infer' }>): Promise<Reply> => {
  const opened = await sessions.use(session)
  if (opened === undefined) return { kind: 'gone', message: 'its session was released' }
  const tensors = Object.entries(feeds).map(
    ([name, { data, shape }]) => [name, new ort.Tensor('int64', data, shape)] as const,
  )
  const results = await opened.run(Object.fromEntries(tensors))
  return {
    kind: 'outputs',
    outputs: Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, wireOf(tensor)])),
    spent: [],
  }
}

/** Takes what the caller need not wait for: it is done once the reply is on its way, before the next request. */
type Later = (work: () => void) => void

/** Every output of a session, some with the memory that they go to. */
const placesOf = (
  { outputNames }: Session,
  over: WireMap,
): ort.InferenceSession.OnnxValueMapType & Record<string, null> =>
  Object.fromEntries(
    outputNames.map((name) => {
      const place = over[name.slice('out/'.length)]
      return [name, place === undefined ? null : tensorOf(place)]
    }),
  ) as never

const run = async (id: number, request: Extract<Request, { kind: 'run' }>, later: Later): Promise<Reply> => {
  const session = await sessions.use(request.session)
  if (session === undefined) return { kind: 'gone', message: 'its session was released' }
  const held = request.held === undefined ? NOTHING : residents.get(request.held)
  if (held === undefined) return { kind: 'gone', message: 'its held arrays were dropped' }
  for (const { from, output, input, axis, pieces } of request.copies ?? []) {
    const source = (await residents.get(from)?.onHost())?.[output]
    if (source === undefined) return { kind: 'gone', message: `what was kept of '${output}' was dropped` }
    copyRows((await held.onHost())[input]!, source, axis, pieces)
  }
  const feeds: Record<string, ort.Tensor> = {}
  for (const [name, tensor] of Object.entries(await held.tensors())) feeds[`in/${name}`] = tensor
  for (const [name, wire] of Object.entries(request.feeds)) feeds[`in/${name}`] = tensorOf(wire)
  const results = await (request.over === undefined
    ? session.run(feeds)
    : session.run(feeds, placesOf(session, request.over)))
  const outputs: Record<string, Wire> = {}
  for (const [name, tensor] of Object.entries(results)) outputs[name.slice('out/'.length)] = wireOf(tensor)
  later(await held.write(outputs, request.feeds))
  places.get(request.held ?? -1)?.(outputs)
  const spent = buffersAt(request.feeds, request.lent ?? [])
  if (request.keep === undefined) return { kind: 'outputs', outputs, spent }
  const kept: Record<string, Wire> = {}
  for (const name of request.keep) {
    kept[name] = outputs[name]!
    delete outputs[name]
  }
  residents.set(id, hostResident(kept, []))
  return { kind: 'outputs', outputs, kept: id, spent }
}

/** The id of a request names what it makes: ids are never used twice, so a handle of a dead engine names nothing. */
const answer = async (id: number, request: Exclude<Request, { kind: 'end' }>, later: Later): Promise<Reply> => {
  switch (request.kind) {
    case 'create':
      return create(id, request)
    case 'open':
      return open(id, request)
    case 'infer':
      return infer(request)
    case 'hold':
      residents.set(
        id,
        (request.device === 'webgpu' ? deviceResident : hostResident)(
          { ...request.tensors, ...request.given },
          request.writes,
        ),
      )
      if (request.reuse === true) places.set(id, reusedOutputs())
      return { kind: 'handle', handle: id }
    case 'run':
      return run(id, request, later)
    case 'drop':
      residents.get(request.held)?.drop()
      residents.delete(request.held)
      places.delete(request.held)
      return { kind: 'done' }
    case 'release':
      await sessions.drop(request.session)
      return { kind: 'done' }
  }
}

const buffersOf = (wires: WireMap): ArrayBuffer[] => [
  ...new Set(Object.values(wires).flatMap(({ data: { buffer } }) => (buffer instanceof ArrayBuffer ? [buffer] : []))),
]

/** Between two runs, for good. */
const end = (ended: Int32Array): void => {
  writeObserved()
  Atomics.store(ended, 0, 1)
  Atomics.notify(ended, 0)
  Atomics.wait(ended, 0, 1)
}

/** What went wrong: an error of ours as it is, the binding's by its message. */
const errorReply = (e: unknown): Reply =>
  e instanceof Error && '_tag' in e
    ? { kind: 'fault', fault: (({ _tag, message, fix, detail }) => ({ _tag, message, fix, detail }))(e as JitError) }
    : { kind: 'error', message: e instanceof Error ? e.message : String(e) }

// A request that cannot be read has nobody to answer: the thread ends, and whoever waits is told.
parentPort!.on('messageerror', (error) => {
  throw error
})

// One request at a time, in the order they came.
let queue: Promise<void> = Promise.resolve()
parentPort!.on('message', ({ id, body }: Envelope<Request>) => {
  if (body.kind === 'end') return end(body.ended)
  queue = queue.then(async () => {
    const left: (() => void)[] = []
    const reply = await answer(id, body, (work) => left.push(work)).catch(errorReply)
    parentPort!.postMessage(
      { id, body: reply } satisfies Envelope<Reply>,
      reply.kind === 'outputs' ? [...buffersOf(reply.outputs), ...reply.spent] : [],
    )
    for (const work of left) work()
  })
})

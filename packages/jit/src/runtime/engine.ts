import { availableParallelism } from 'node:os'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { jitError } from '../errors.ts'
import { endAtExit } from './end-at-exit.ts'
import { leftToCpu } from './profile/placement.ts'
import type { Envelope, Reply, Request } from './protocol.ts'
import { type Held, forget } from './session-pool.ts'
import { type Staging, buffersAt, staged, staging, unshared } from './staging.ts'

// The compiled worker, from src/ and from dist/ alike: a thread cannot be started from TypeScript.
const WORKER = fileURLToPath(new URL('../../dist/runtime/session-worker.js', import.meta.url))

interface Pending {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  readonly pending: Map<number, Pending>
  readonly staging: Staging
}

/** By number; started when first needed. */
const threads = new Map<number, Thread>()
let nextId = 1

const counter = (): BigInt64Array => new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT))

/** What the sessions of all threads hold. */
const together = counter()

const told = new Set<string>()

/** Once, however often a session is opened. */
const warn = (warning: Error | undefined): void => {
  if (warning === undefined || told.has(warning.message)) return
  told.add(warning.message)
  process.emitWarning(warning)
}

const start = (number: number): Thread => {
  if (!existsSync(WORKER))
    throw jitError(
      'EngineStopped',
      `the engine's thread is not built: ${WORKER} is missing`,
      'Run `npm run build` first.',
    )
  const held: Held = { together, own: counter() }
  // Not the process's own flags: a thread cannot start with some of them (node --input-type=module -e).
  const worker = new Worker(WORKER, { execArgv: [], workerData: held })
  const pending = new Map<number, Pending>()
  const memory = staging()
  const fail = (error: Error): void => {
    // an error is followed by an exit, when another thread may have taken over
    if (threads.get(number)?.worker === worker) threads.delete(number)
    for (const { reject } of pending.values())
      reject(
        jitError(
          'EngineStopped',
          `the engine's thread stopped: ${error.message}`,
          'Check free memory; resume from the last checkpoint.',
        ),
      )
    pending.clear()
    worker.unref()
  }
  worker.on('message', ({ id, body }: Envelope<Reply>) => {
    if (body.kind === 'placement') return warn(leftToCpu(body.placement))
    const waiting = pending.get(id)
    pending.delete(id)
    if (pending.size === 0) worker.unref()
    if (body.kind === 'outputs') memory.takeBack(body.spent)
    waiting?.resolve(body)
  })
  worker.on('error', fail)
  worker.on('messageerror', fail)
  worker.on('exit', (code) => {
    forget(held)
    fail(new Error(`exit code ${code}`))
  })
  // An idle engine does not keep the process alive.
  worker.unref()
  endAtExit(worker, () => pending.size > 0)
  const thread = { worker, pending, staging: memory }
  threads.set(number, thread)
  return thread
}

/** A request as it is sent, and the memory that goes with it. */
const prepared = (request: Request, { staging }: Thread): readonly [Request, readonly ArrayBuffer[]] => {
  switch (request.kind) {
    case 'run': {
      const { wires, lent } = staging.lend(request.feeds)
      const { over = {} } = request
      return [{ ...request, feeds: wires, lent }, [...buffersAt(wires, lent), ...buffersAt(over, Object.keys(over))]]
    }
    case 'hold': {
      const { wires, lent } = staged(request.tensors)
      const given = unshared(request.given)
      const buffers = [...new Set(buffersAt(given, Object.keys(given)))]
      return [{ ...request, tensors: wires, given }, [...buffersAt(wires, lent), ...buffers]]
    }
    default:
      return [request, []]
  }
}

/** Sends one request to a thread of the engine, which has one unless functions are made for others. */
export const ask = (request: Request, number = 0): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const thread = threads.get(number) ?? start(number)
    const id = nextId++
    const [body, transfer] = prepared(request, thread)
    thread.worker.postMessage({ id, body } satisfies Envelope<Request>, [...transfer])
    // from here on there will be an answer
    thread.pending.set(id, { resolve, reject })
    thread.worker.ref()
  })

/** What the engine's thread is to free when an object that stood for it is collected. */
const orphans = new FinalizationRegistry<{ readonly free: Request; readonly number: number }>(({ free, number }) => {
  if (threads.has(number)) void ask(free, number).catch(() => {})
})

/**
 * Sends `free` when `owner` is collected without having been freed: whoever drops a compiled function leaks nothing.
 * Returns how to free it now, and not again.
 */
export const freedWith = (owner: object, free: Request, number = 0): (() => Promise<void>) => {
  const token = {}
  orphans.register(owner, { free, number }, token)
  return async () => {
    orphans.unregister(token)
    await ask(free, number)
  }
}

/** Threads a session computes with: GFNLM_THREADS, else every core. */
export const threadCount = (): number => {
  const given = Number(process.env['GFNLM_THREADS'])
  return Number.isInteger(given) && given > 0 ? given : availableParallelism()
}

import type { Worker } from 'node:worker_threads'
import type { Envelope, Request } from './protocol.ts'

/** Longer than a run takes, and than writing the longest profile. */
const PATIENCE_MS = 60_000

/** Threads that are not gone, and whether each is at work. */
const living = new Map<Worker, () => boolean>()

const end = (worker: Worker): void => {
  const ended = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  worker.postMessage({ id: 0, body: { kind: 'end', ended } } satisfies Envelope<Request>)
  Atomics.wait(ended, 0, 0, PATIENCE_MS)
}

const endAll = (): void => {
  for (const [worker, isBusy] of living) if (isBusy() || process.env['GFNLM_PROFILE']) end(worker)
}

/**
 * Brings a thread of the engine to a halt when the process ends, at its natural end, by process.exit() and by an
 * uncaught error alike: taken down in the middle of a run, ONNX Runtime's binding would abort the process, exit code and
 * all. It is then that GFNLM_PROFILE's profiles are written. The process waits, because nothing asynchronous happens then.
 */
export const endAtExit = (worker: Worker, isBusy: () => boolean): void => {
  if (living.size === 0) process.once('exit', endAll)
  living.set(worker, isBusy)
  const gone = (): void => {
    living.delete(worker)
    if (living.size === 0) process.off('exit', endAll)
  }
  // An error ends a thread before it is gone: nobody is to wait for it then.
  for (const over of ['error', 'exit']) worker.once(over, gone)
}

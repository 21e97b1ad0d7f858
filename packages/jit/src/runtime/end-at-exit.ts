import type { Worker } from 'node:worker_threads'
import type { Envelope, Request } from './protocol.ts'

/** Longer than a run takes, and than writing the longest profile. */
const PATIENCE_MS = 60_000

/**
 * Brings the engine's thread to a halt when the process ends, at its natural end, by process.exit() and by an uncaught
 * error alike: taken down in the middle of a run, ONNX Runtime's binding would abort the process, exit code and all.
 * It is then that GFNLM_PROFILE's profiles are written. The process waits, because nothing asynchronous happens then.
 */
export const endAtExit = (worker: Worker, isBusy: () => boolean): void => {
  const end = (): void => {
    if (!isBusy() && !process.env['GFNLM_PROFILE']) return
    const ended = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    worker.postMessage({ id: 0, body: { kind: 'end', ended } } satisfies Envelope<Request>)
    Atomics.wait(ended, 0, 0, PATIENCE_MS)
  }
  process.once('exit', end)
  // An error ends a thread before it is gone: nobody is to wait for it then.
  for (const over of ['error', 'exit']) worker.once(over, () => process.off('exit', end))
}

import * as tf from '@tensorflow/tfjs-core'

/** Gives tfjs its current backend back; where none was chosen yet, the choice is open again. */
const restore = (backend: string | null | undefined): void => {
  if (backend === undefined || backend === null)
    Object.assign(tf.engine(), { backendName: backend, backendInstance: null })
  // a started backend becomes current at once; the promise is for those that have to start
  else void tf.setBackend(backend)
}

/** Whether a tfjs backend is registered under this name. */
export const isRegistered = (backend: string): boolean => (tf.findBackendFactory(backend) ?? undefined) !== undefined

const starting = new Map<string, Promise<void>>()

/**
 * Starts a registered backend, if it has not been. Not by making it current: one that takes its time (wasm) would
 * leave tfjs without a usable backend meanwhile. Rejects with the backend's own error.
 */
export const started = async (backend: string): Promise<void> => {
  const { registry } = tf.engine()
  if (registry[backend] !== undefined) return
  const present = starting.get(backend)
  if (present !== undefined) return present
  const start = (async () => {
    const made = await tf.findBackendFactory(backend)()
    registry[backend] ??= made
  })().finally(() => starting.delete(backend))
  starting.set(backend, start)
  return start
}

/**
 * Runs `body` with a started tfjs backend current, then gives the caller's back. Nothing is awaited in between, so
 * nobody else's ops can run on the wrong backend meanwhile.
 */
export const withBackend = <A>(backend: string, body: () => A): A => {
  const before = tf.engine().backendName as string | undefined
  void tf.setBackend(backend)
  try {
    return body()
  } finally {
    restore(before)
  }
}

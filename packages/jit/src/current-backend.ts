import * as tf from '@tensorflow/tfjs-core'

/** Gives tfjs its current backend back; where none was chosen yet, the choice is open again. */
const restore = (backend: string | null | undefined): void => {
  if (backend === undefined || backend === null) Object.assign(tf.engine(), { backendName: backend, backendInstance: null })
  // a started backend becomes current at once; the promise is for those that have to start
  else void tf.setBackend(backend)
}

/** Whether a tfjs backend is registered under this name. */
export const isRegistered = (backend: string): boolean => (tf.findBackendFactory(backend) ?? undefined) !== undefined

const starting = new Map<string, Promise<boolean>>()

/** Starts a registered backend, if it has not been, and leaves the current one current; whether it could start. */
export const started = async (backend: string): Promise<boolean> => {
  if (tf.engine().registry[backend] !== undefined) return true
  const present = starting.get(backend)
  if (present !== undefined) return present
  const before = tf.engine().backendName as string | undefined
  const start = tf.setBackend(backend).finally(() => {
    starting.delete(backend)
    restore(before)
  })
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

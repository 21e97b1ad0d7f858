import type { Elements } from '../host-tensor.ts'
import type { Wire } from './protocol.ts'

/** As many elements of the same kind in memory that both threads see. */
const sharedCopy = (data: Elements): Elements => {
  const made = new (data.constructor as new (buffer: SharedArrayBuffer) => Elements)(
    new SharedArrayBuffer(data.byteLength),
  )
  made.set(data)
  return made
}

/**
 * Puts a run's outputs where the caller has those of the run before: what is sent is only what it does not have yet. A
 * buffer a run, each of which a garbage collector has to find, costs more than the copy.
 */
export const reusedOutputs = (): ((outputs: Record<string, Wire>) => void) => {
  const places = new Map<string, Elements>()
  return (outputs) => {
    for (const [name, { dtype, shape, data }] of Object.entries(outputs)) {
      const place = places.get(name)
      if (place === undefined) {
        const made = sharedCopy(data)
        places.set(name, made)
        outputs[name] = { dtype, shape, data: made }
      } else {
        place.set(data)
        delete outputs[name]
      }
    }
  }
}

import * as ort from 'onnxruntime-node'
import type { Wire, WireMap, Write } from './protocol.ts'
import { mustBeWritable, writeRows } from './write-rows.ts'

export const tensorOf = ({ dtype, data, shape }: Wire): ort.Tensor =>
  new ort.Tensor(dtype as 'float32', data as Float32Array, shape)

export const wireOf = (tensor: ort.Tensor): Wire => ({
  dtype: tensor.type as Wire['dtype'],
  shape: tensor.dims,
  data: tensor.data as Wire['data'],
})

/** Tensors by the names of arrays. */
export type Tensors = Readonly<Record<string, ort.Tensor>>

/** Arrays that stay with the engine between runs, held inputs or kept outputs, wherever they are. */
export interface Resident {
  /** The arrays as a run reads them. */
  readonly tensors: () => Promise<Tensors>
  /**
   * Takes out of a run's outputs what is written here, and gives what remains to be done for it before the next run.
   * Rejects, and writes nothing, when something does not fit. `given` is what was fed besides.
   */
  readonly write: (outputs: Record<string, Wire>, given: WireMap) => Promise<() => void>
  /** The arrays in the host's memory, to be changed in place before the next run. */
  readonly onHost: () => Promise<WireMap>
  readonly drop: () => void
}

/** What a write takes from a run: the output, which no longer is one, and the index of every row. */
export const taken = (
  { output, at }: Write,
  outputs: Record<string, Wire>,
  given: WireMap,
): { readonly source: Wire; readonly indices: Int32Array } => {
  const source = outputs[output]!
  delete outputs[output]
  // A copy: what is written after the reply outlives the memory that goes back with it.
  return { source, indices: (given[at]!.data as Int32Array).slice() }
}

/** Arrays in the host's memory. */
export const hostResident = (arrays: WireMap, writes: readonly Write[]): Resident => {
  // The same memory, whatever is written there.
  const tensors = Object.fromEntries(Object.entries(arrays).map(([name, wire]) => [name, tensorOf(wire)]))
  return {
    tensors: async () => tensors,
    write: async (outputs, given) => {
      const ready = writes.map((write) => {
        const { source, indices } = taken(write, outputs, given)
        const target = arrays[write.input]!
        mustBeWritable(target, source, write.axis, indices)
        return () => writeRows(target, source, write.axis, indices)
      })
      return () => ready.forEach((write) => write())
    },
    onHost: async () => arrays,
    drop: () => {},
  }
}

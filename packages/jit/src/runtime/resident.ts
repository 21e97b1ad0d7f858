import * as ort from 'onnxruntime-node'
import type { Wire, WireMap, Write } from './protocol.ts'
import { writeRows } from './write-rows.ts'

export const tensorOf = ({ dtype, data, shape }: Wire): ort.Tensor => new ort.Tensor(dtype as 'float32', data as Float32Array, shape)

export const wireOf = (tensor: ort.Tensor): Wire => ({ dtype: tensor.type as Wire['dtype'], shape: tensor.dims, data: tensor.data as Wire['data'] })

/** Tensors by the names of arrays. */
export type Tensors = Readonly<Record<string, ort.Tensor>>

/** Arrays that stay with the engine between runs, held inputs or kept outputs, wherever they are. */
export interface Resident {
  /** The arrays as a run reads them. */
  readonly tensors: () => Promise<Tensors>
  /** Writes what a run's outputs are held for, and takes those outputs out. `given` is what was fed besides. */
  readonly write: (outputs: Record<string, Wire>, given: WireMap) => Promise<void>
  /** The arrays in the host's memory, to be changed in place before the next run. */
  readonly onHost: () => Promise<WireMap>
  readonly drop: () => void
}

/** What a write takes from a run: the output, which no longer is one, and the index of every row. */
export const taken = ({ output, at }: Write, outputs: Record<string, Wire>, given: WireMap): { readonly source: Wire; readonly indices: Int32Array } => {
  const source = outputs[output]!
  delete outputs[output]
  return { source, indices: given[at]!.data as Int32Array }
}

/** Arrays in the host's memory. */
export const hostResident = (arrays: WireMap, writes: readonly Write[]): Resident => {
  // The same memory, whatever is written there.
  const tensors = Object.fromEntries(Object.entries(arrays).map(([name, wire]) => [name, tensorOf(wire)]))
  return {
    tensors: async () => tensors,
    write: async (outputs, given) => {
      for (const write of writes) {
        const { source, indices } = taken(write, outputs, given)
        writeRows(arrays[write.input]!, source, write.axis, indices)
      }
    },
    onHost: async () => arrays,
    drop: () => {},
  }
}

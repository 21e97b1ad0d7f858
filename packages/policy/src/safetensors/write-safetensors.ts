import { type HostTensor, type HostTensors, sizeOf } from '@gfnlm/jit'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { writeBeside } from '../write-beside.ts'
import type { PolicyFault } from '../policy-fault.ts'
import { BYTES, floatToBrain, floatToHalf } from './dtype.ts'

export interface WriteOptions {
  /** How floats are stored (default F32); narrower ones are rounded to the nearest, ties to even. */
  readonly dtype?: 'F32' | 'F16' | 'BF16'
  readonly metadata?: Readonly<Record<string, string>>
}

const bytesOf = ({ data }: HostTensor, dtype: string): Uint8Array => {
  const elements =
    dtype === 'F16'
      ? Uint16Array.from(data, floatToHalf)
      : dtype === 'BF16'
      ? Uint16Array.from(data, floatToBrain)
      : data
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength)
}

/**
 * Writes tensors as a safetensors file: the same tensors give the same bytes. Wider elements first, then by name, so
 * that every tensor is aligned; `format: pt` is in the metadata because transformers refuses files without it.
 * The file appears whole or not at all. One tensor's elements are asked for at a time.
 */
export const writeSafetensors = (
  path: string,
  tensors: HostTensors,
  { dtype = 'F32', metadata = {} }: WriteOptions = {},
): TaskEither<PolicyFault, void> => {
  const stored = Object.entries(tensors).map(([name, tensor]) => {
    const type = tensor.dtype === 'float32' ? dtype : tensor.dtype === 'int32' ? 'I32' : 'BOOL'
    return { name, tensor, dtype: type, width: BYTES[type]! }
  })
  stored.sort((a, b) => b.width - a.width || (a.name < b.name ? -1 : 1))

  let end = 0
  const entries = stored.map(({ name, tensor, dtype: type, width }) => {
    const start = end
    end += sizeOf(tensor.shape) * width
    return [name, { dtype: type, shape: tensor.shape, data_offsets: [start, end] }] as const
  })
  const json = JSON.stringify({ __metadata__: { format: 'pt', ...metadata }, ...Object.fromEntries(entries) })
  const raw = new TextEncoder().encode(json)
  const header = new Uint8Array(8 + Math.ceil(raw.length / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true)
  header.set(raw, 8)

  return writeBeside(path, function* () {
    yield header
    for (const { tensor, dtype: type } of stored) yield bytesOf(tensor, type)
  })
}

import { type HostTensor, type HostTensors, piecesOf, sizeOf } from '@gfnlm/jit'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { writeBeside } from '../write-beside.ts'
import type { PolicyFault } from '../policy-fault.ts'
import { BYTES, narrowed } from './dtype.ts'

export interface WriteOptions {
  /** How floats are stored (default F32); narrower ones are rounded to the nearest, ties to even. */
  readonly dtype?: 'F32' | 'F16' | 'BF16'
  readonly metadata?: Readonly<Record<string, string>>
}

/** Elements that are converted and written at a time. */
const PIECE = 1 << 20

/** The bytes of a tensor as a type stores them, some at a time. */
function* bytesOf(name: string, tensor: HostTensor, dtype: string): Generator<Uint8Array> {
  for (const piece of piecesOf(tensor, PIECE)) {
    const { buffer, byteOffset, byteLength } =
      dtype === 'F16' || dtype === 'BF16' ? narrowed(piece, dtype, name) : piece
    yield new Uint8Array(buffer, byteOffset, byteLength)
  }
}

/**
 * Writes tensors as a safetensors file: the same tensors give the same bytes. Wider elements first, then by name, so
 * that every tensor is aligned; `format: pt` is in the metadata because transformers refuses files without it.
 * The file appears whole or not at all. One tensor's elements are asked for at a time, and those of one on disk in
 * pieces. A number that a narrower type has no room for is a fault naming the tensor.
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
    for (const { name, tensor, dtype: type } of stored) yield* bytesOf(name, tensor, type)
  })
}

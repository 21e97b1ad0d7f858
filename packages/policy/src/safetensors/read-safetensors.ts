import { type HostTensor, fileTensor, hostTensor, piecesOnDisk, sizeOf } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { type PolicyFault, policyFault, reasonOf } from '../policy-fault.ts'
import { widenBrain, widenHalf } from './dtype.ts'
import { MAX_HEADER, type SafetensorsHeader, type TensorEntry, parseHeader } from './header.ts'

/** Node refuses to read 2 GiB or more at once. */
const CHUNK = 1 << 30

const readAt = async (file: FileHandle, start: number, length: number): Promise<Uint8Array> => {
  const out = new Uint8Array(length)
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(out, done, Math.min(CHUNK, length - done), start + done)
    if (bytesRead === 0) throw new Error(`the file ended ${length - done} bytes early`)
    done += bytesRead
  }
  return out
}

const withFile =
  <A>(path: string, use: (file: FileHandle) => Promise<E.Either<PolicyFault, A>>): TE.TaskEither<PolicyFault, A> =>
  async () => {
    let file: FileHandle | undefined
    try {
      file = await open(path)
      return await use(file)
    } catch (caught) {
      const missing = (caught as NodeJS.ErrnoException).code === 'ENOENT'
      return E.left(
        missing
          ? policyFault('WeightsMissing', `there is no weight file ${path}`, 'Download or export the model again', {
              path,
            })
          : policyFault(
              'WeightsCorrupt',
              `${path} cannot be read: ${reasonOf(caught)}`,
              'Download or export the file again',
              { path },
            ),
      )
    } finally {
      await file?.close()
    }
  }

/** The header of a safetensors file, checked against the file's size. */
export const readHeader = (path: string): TE.TaskEither<PolicyFault, SafetensorsHeader> =>
  withFile(path, async (file) => {
    const bad = (what: string): E.Either<PolicyFault, never> =>
      E.left(policyFault('WeightsCorrupt', `${path}: ${what}`, 'Download or export the file again', { path }))
    const { size } = await file.stat()
    if (size < 8) return bad(`a file of ${size} bytes has no safetensors header`)
    const length = Number(new DataView((await readAt(file, 0, 8)).buffer).getBigUint64(0, true))
    if (length > MAX_HEADER) return bad(`its header claims ${length} bytes, more than the ${MAX_HEADER} allowed`)
    if (8 + length > size) return bad(`its header claims ${length} bytes but the file has ${size}: it is truncated`)
    return parseHeader(path, await readAt(file, 8, length), size)
  })

/** Element types that are read; every float is widened or narrowed to 32 bits. */
const READ: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16', 'F64', 'I32', 'BOOL', 'U8'])

/** Little-endian bytes of a type that is read to elements. */
const elementsOf = (dtype: string, bytes: Uint8Array): HostTensor['data'] => {
  const { buffer } = bytes
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer)
    case 'F16':
      return widenHalf(new Uint16Array(buffer))
    case 'BF16':
      return widenBrain(new Uint16Array(buffer))
    case 'F64':
      return Float32Array.from(new Float64Array(buffer))
    case 'I32':
      return new Int32Array(buffer)
    default:
      return bytes
  }
}

/** A tensor in a file, not yet read. */
export interface StoredTensor {
  readonly dtype: HostTensor['dtype']
  readonly shape: readonly number[]
  /** Where it lies, if it can be used there as it is. */
  readonly mapped?: HostTensor
  /** Its elements in order, a few at a time. */
  readonly pieces: () => AsyncIterable<HostTensor['data']>
}

/** Bytes that are read at a time: elements of every type fill them. */
const PIECE = 4 << 20

const storedTensor = (file: FileHandle, path: string, { dtype, shape, start, end }: TensorEntry): StoredTensor => ({
  dtype: dtype === 'I32' ? 'int32' : dtype === 'BOOL' || dtype === 'U8' ? 'bool' : 'float32',
  shape,
  ...(dtype === 'F32' && start % 4 === 0 ? { mapped: fileTensor({ path, offset: start }, 'float32', shape) } : {}),
  pieces: async function* () {
    for (let at = start; at < end; at += PIECE)
      yield elementsOf(dtype, await readAt(file, at, Math.min(PIECE, end - at)))
  },
})

/** What `use` makes of a tensor of a file whose header was read. */
export const withTensor = <A>(
  { path, tensors }: SafetensorsHeader,
  name: string,
  use: (tensor: StoredTensor) => Promise<E.Either<PolicyFault, A>>,
): TE.TaskEither<PolicyFault, A> =>
  withFile(path, async (file) => {
    const entry = tensors.get(name) as TensorEntry
    return READ.has(entry.dtype)
      ? use(storedTensor(file, await realpath(path), entry))
      : E.left(
          policyFault(
            'WeightsDtype',
            `${path}: tensor "${name}" has dtype ${entry.dtype}, which is not read`,
            'Export the weights as F32, F16 or BF16',
            { path, tensor: name, dtype: entry.dtype },
          ),
        )
  })

/** Fills an array with the elements of a stored tensor. */
export const fill = async <A extends HostTensor['data']>(data: A, { pieces }: StoredTensor): Promise<A> => {
  let at = 0
  for await (const piece of pieces()) {
    data.set(piece, at)
    at += piece.length
  }
  return data
}

const ELEMENTS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const

/** Tensors from this size on stay on disk: as they are in the file, or converted to a temporary one. */
const LARGE = 1 << 18

/** A stored tensor for use: a large one is never whole in memory. */
export const placed = async (tensor: StoredTensor): Promise<HostTensor> => {
  const { dtype, shape, mapped, pieces } = tensor
  if (sizeOf(shape) < LARGE) return hostTensor(await fill(new ELEMENTS[dtype](sizeOf(shape)), tensor), shape)
  return mapped ?? piecesOnDisk(pieces(), dtype, shape)
}

/** Every tensor of a safetensors file. Floats come as float32. */
export const readSafetensors = (path: string): TE.TaskEither<PolicyFault, Record<string, HostTensor>> =>
  pipe(
    readHeader(path),
    TE.chain((header) =>
      pipe(
        [...header.tensors.keys()],
        TE.traverseSeqArray((name) =>
          withTensor(header, name, async (tensor) => E.right([name, await placed(tensor)] as const)),
        ),
      ),
    ),
    TE.map((tensors) => Object.fromEntries(tensors)),
  )

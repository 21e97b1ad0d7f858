import { type HostTensor, fileTensor, hostTensor, onDisk } from '@gfnlm/jit'
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
  for (let done = 0; done < length; ) {
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
    return parseHeader(path, new TextDecoder().decode(await readAt(file, 8, length)), length, size)
  })

/** Little-endian bytes to elements; every float widened or narrowed to 32 bits. */
const elementsOf = (dtype: string, { buffer }: Uint8Array): HostTensor['data'] | undefined => {
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
    case 'BOOL':
    case 'U8':
      return new Uint8Array(buffer)
    default:
      return undefined
  }
}

/** Tensors from this size on stay on disk: as they are in the file, or converted to a temporary one. */
const LARGE = 1 << 20

/**
 * The named tensors (default: all) of a file whose header was read. Floats come as float32; large ones are not kept in
 * memory, and at most one of them is there while they are converted.
 */
export const readTensors = (
  header: SafetensorsHeader,
  names: Iterable<string> = header.tensors.keys(),
): TE.TaskEither<PolicyFault, Record<string, HostTensor>> =>
  withFile(header.path, async (file) => {
    const tensors: [string, HostTensor][] = []
    const path = await realpath(header.path)
    for (const name of names) {
      const { dtype, shape, start, end } = header.tensors.get(name) as TensorEntry
      const large = end - start >= LARGE
      if (large && dtype === 'F32' && start % 4 === 0) {
        tensors.push([name, fileTensor({ path, offset: start }, 'float32', shape)])
        continue
      }
      const data = elementsOf(dtype, await readAt(file, start, end - start))
      if (data === undefined)
        return E.left(
          policyFault(
            'WeightsDtype',
            `${header.path}: tensor "${name}" has dtype ${dtype}, which is not read`,
            'Export the weights as F32, F16 or BF16',
            { path: header.path, tensor: name, dtype },
          ),
        )
      const tensor = hostTensor(data, shape)
      tensors.push([name, large ? await onDisk(tensor) : tensor])
    }
    return E.right(Object.fromEntries(tensors))
  })

/** Every tensor of a safetensors file. */
export const readSafetensors = (path: string): TE.TaskEither<PolicyFault, Record<string, HostTensor>> =>
  pipe(
    readHeader(path),
    TE.chain((header) => readTensors(header)),
  )

import { jitError } from './errors.ts'
import { readRegion, stampOf } from './read-region.ts'

/** Element types that cross a compiled function's boundary. */
export type DType = 'float32' | 'int32' | 'bool'

export type Elements = Float32Array | Int32Array | Uint8Array

/** Where elements lie on disk: little-endian, row-major, nothing between them. */
export interface FileRegion {
  readonly path: string
  /** Bytes before the first element: a multiple of 4. */
  readonly offset: number
  /** The file as it was when the array was made: it must not change. */
  readonly stamp?: string
}

/** An array of the host: what batches, weights and checkpoints are made of. Row-major. */
export interface HostTensor {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly data: Elements
  /** Where the elements lie on disk, of an array whose `data` is read from there whenever it is asked for. */
  readonly file?: FileRegion
}

/** Named arrays: parameters, optimizer moments, a batch's columns. */
export type HostTensors = Readonly<Record<string, HostTensor>>

/** Bytes of an element. */
export const BYTES: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 }

const dtypeOf = (data: Elements): DType =>
  data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool'

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

/**
 * Wraps a typed array with its shape (default: one axis). Throws a RangeError when they disagree.
 *
 * @example hostTensor(Float32Array.of(1, 2, 3, 4), [2, 2])
 */
export const hostTensor = (data: Elements, shape: readonly number[] = [data.length]): HostTensor => {
  if (sizeOf(shape) !== data.length)
    throw new RangeError(`${data.length} elements do not fill the shape [${shape.join(', ')}]`)
  return { shape, dtype: dtypeOf(data), data }
}

/** An array whose `data` reads a file whenever it is asked for. */
export const lazyTensor = (file: FileRegion, dtype: DType, shape: readonly number[]): HostTensor => {
  // Kept as long as somebody else keeps it, so that reading element by element reads the file once.
  let last: WeakRef<Elements> | undefined
  return {
    shape,
    dtype,
    file,
    get data() {
      const kept = last?.deref()
      if (kept !== undefined) return kept
      const read = readRegion(file, dtype, sizeOf(shape))
      last = new WeakRef(read)
      return read
    },
  }
}

/**
 * An array that stays on disk: compiled functions map the file into memory, once for all of them, and `data` reads it
 * when somebody asks. The file must stay as it is while the array is in use; one that has changed is an error
 * (`InvalidInput`) of whoever reads or compiles next.
 *
 * @throws RangeError when the offset is not a multiple of 4
 */
export const fileTensor = ({ path, offset }: FileRegion, dtype: DType, shape: readonly number[]): HostTensor => {
  if (offset % 4 !== 0) throw new RangeError(`elements at byte ${offset} of ${path} are not aligned to 4 bytes`)
  return lazyTensor({ path, offset, stamp: stampOf(path) }, dtype, shape)
}

/** The elements of an array in order, `size` at a time: of one on disk no more than these are in memory. */
export function* piecesOf(tensor: HostTensor, size: number): Generator<Elements> {
  const { file, dtype, shape } = tensor
  const length = sizeOf(shape)
  const reader = (): ((from: number, to: number) => Elements) => {
    if (file !== undefined)
      return (from, to) => readRegion({ ...file, offset: file.offset + from * BYTES[dtype] }, dtype, to - from)
    // asked for once: it may be computed
    const { data } = tensor
    return (from, to) => data.subarray(from, to)
  }
  const piece = reader()
  for (let from = 0; from < length; from += size) yield piece(from, Math.min(from + size, length))
}

/** A float32 scalar. */
export const hostScalar = (value: number): HostTensor => hostTensor(Float32Array.of(value), [])

/** A float32 array of zeros. */
export const hostZeros = (shape: readonly number[]): HostTensor => hostTensor(new Float32Array(sizeOf(shape)), shape)

/** Throws when a hand-made array is not what it says: a shape of another size, a type of another kind, no typed array. */
export const mustBeWhole = (name: string, { shape, dtype, data }: HostTensor): void => {
  const wrong = !ArrayBuffer.isView(data)
    ? `holds ${typeof data === 'function' ? 'a tf.Tensor' : typeof data}, not a typed array`
    : dtypeOf(data) !== dtype
      ? `says ${dtype} and holds a ${(data as object).constructor.name}`
      : sizeOf(shape) !== data.length
        ? `has ${data.length} elements, which do not fill the shape [${shape.join(', ')}]`
        : undefined
  if (wrong !== undefined)
    throw jitError(
      'InvalidInput',
      `input '${name}' ${wrong}`,
      'Pass arrays of the host, made with hostTensor(data, shape).',
      { name, shape, dtype },
    )
}

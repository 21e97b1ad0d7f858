import { narrowed } from '../safetensors/dtype.ts'

/** A metadata value and the type it is stored as. */
export type GgufValue =
  | { readonly type: 'uint32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'uint8s' | 'int32s' | 'float32s'; readonly value: ArrayLike<number> }
  | { readonly type: 'strings'; readonly value: readonly string[] }

export type GgufMetadata = Readonly<Record<string, GgufValue>>

/** How the numbers of a tensor are stored; narrower ones are rounded to the nearest, ties to even. */
export type GgufDtype = 'F32' | 'F16' | 'BF16'

export interface GgufTensor {
  readonly name: string
  /** Outermost axis first, as everywhere here; the file has it last. */
  readonly shape: readonly number[]
  readonly dtype: GgufDtype
  /** Row-major; asked for when its turn to be written comes. */
  readonly data: () => Float32Array
}

const VERSION = 3

/** Bytes that every tensor starts at a multiple of; the format's default. */
export const ALIGNMENT = 32

/** The format's numbers for the types of values and of tensors. */
const VALUE = { uint8: 0, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const
const TENSOR: Readonly<Record<GgufDtype, number>> = { F32: 0, F16: 1, BF16: 30 }
const WIDTH: Readonly<Record<GgufDtype, number>> = { F32: 4, F16: 2, BF16: 2 }

type Bytes = Uint8Array

const bytesOf = (view: ArrayBufferView): Bytes => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
const uint32 = (n: number): Bytes => {
  if (n >>> 0 !== n) throw new RangeError(`${n} is no whole number of 32 bits`)
  return bytesOf(Uint32Array.of(n))
}
const uint64 = (n: number): Bytes => bytesOf(BigUint64Array.of(BigInt(n)))

const text = (s: string): Bytes[] => {
  const utf8 = new TextEncoder().encode(s)
  return [uint64(utf8.length), utf8]
}

const array = (type: number, length: number, elements: readonly Bytes[]): Bytes[] => [
  uint32(VALUE.array),
  uint32(type),
  uint64(length),
  ...elements,
]

const valueBytes = (given: GgufValue): Bytes[] => {
  switch (given.type) {
    case 'uint32':
      return [uint32(VALUE.uint32), uint32(given.value)]
    case 'float32':
      return [uint32(VALUE.float32), bytesOf(Float32Array.of(given.value))]
    case 'bool':
      return [uint32(VALUE.bool), Uint8Array.of(given.value ? 1 : 0)]
    case 'string':
      return [uint32(VALUE.string), ...text(given.value)]
    case 'uint8s':
      return array(VALUE.uint8, given.value.length, [Uint8Array.from(given.value)])
    case 'int32s':
      return array(VALUE.int32, given.value.length, [bytesOf(Int32Array.from(given.value))])
    case 'float32s':
      return array(VALUE.float32, given.value.length, [bytesOf(Float32Array.from(given.value))])
    case 'strings':
      return array(VALUE.string, given.value.length, given.value.flatMap(text))
  }
}

const aligned = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT

const sizeOf = ({ shape, dtype }: GgufTensor): number => shape.reduce((n, d) => n * d, WIDTH[dtype])

const stored = ({ name, data, dtype }: GgufTensor): Bytes =>
  bytesOf(dtype === 'F32' ? data() : narrowed(data(), dtype, name))

/** Everything before the tensors' numbers, filled up to the alignment. */
const headerOf = (metadata: GgufMetadata, tensors: readonly GgufTensor[]): Bytes => {
  const values = Object.entries(metadata)
  let offset = 0
  const places = tensors.flatMap((tensor) => {
    const { name, shape, dtype } = tensor
    const start = offset
    offset += aligned(sizeOf(tensor))
    return [
      ...text(name),
      uint32(shape.length),
      ...shape.toReversed().map(uint64),
      uint32(TENSOR[dtype]),
      uint64(start),
    ]
  })
  const pieces = [
    new TextEncoder().encode('GGUF'),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(values.length),
    ...values.flatMap(([key, value]) => [...text(key), ...valueBytes(value)]),
    ...places,
  ]
  const header = new Uint8Array(aligned(pieces.reduce((n, piece) => n + piece.length, 0)))
  let at = 0
  for (const piece of pieces) {
    header.set(piece, at)
    at += piece.length
  }
  return header
}

/**
 * A GGUF file, version 3, little-endian, piece by piece: the header, then each tensor filled up to the alignment.
 *
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function* ggufPieces(metadata: GgufMetadata, tensors: readonly GgufTensor[]): Generator<Uint8Array> {
  yield headerOf(metadata, tensors)
  for (const tensor of tensors) {
    yield stored(tensor)
    const size = sizeOf(tensor)
    yield new Uint8Array(aligned(size) - size)
  }
}

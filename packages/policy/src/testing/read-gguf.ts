/** A GGUF file as it was read back: values, and tensors with their numbers, or their type where they are not fp32. */
export interface ReadGguf {
  readonly values: Readonly<Record<string, unknown>>
  readonly tensors: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly data: readonly number[] & string }
  >
  /** Where each tensor starts, bytes from the beginning of the file. */
  readonly starts: readonly number[]
}

const TYPES = ['F32', 'F16']

/** Reads a GGUF file by the format's description, which is all that it shares with the writer. */
export const readGguf = (bytes: Uint8Array): ReadGguf => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 4
  const next = <A>(width: number, read: (at: number) => A): A => {
    at += width
    return read(at - width)
  }
  const uint32 = (): number => next(4, (i) => view.getUint32(i, true))
  const uint64 = (): number => next(8, (i) => Number(view.getBigUint64(i, true)))
  const string = (): string => {
    const length = uint64()
    return next(length, (i) => new TextDecoder().decode(bytes.subarray(i, i + length)))
  }
  const value = (type: number): unknown => {
    switch (type) {
      case 0:
        return next(1, (i) => view.getUint8(i))
      case 4:
        return uint32()
      case 5:
        return next(4, (i) => view.getInt32(i, true))
      case 6:
        return next(4, (i) => view.getFloat32(i, true))
      case 7:
        return next(1, (i) => view.getUint8(i) === 1)
      case 8:
        return string()
      case 9: {
        const element = uint32()
        return Array.from({ length: uint64() }, () => value(element))
      }
      default:
        throw new Error(`a value of type ${type}`)
    }
  }
  if (uint32() !== 3) throw new Error('not version 3')
  const [tensors, values] = [uint64(), uint64()]
  const read = Object.fromEntries(Array.from({ length: values }, () => [string(), value(uint32())] as const))
  const entries = Array.from({ length: tensors }, () => {
    const name = string()
    const shape = Array.from({ length: uint32() }, uint64).reverse()
    return { name, shape, type: uint32(), offset: uint64() }
  })
  const origin = Math.ceil(at / 32) * 32
  const numbers = (offset: number, shape: readonly number[]): number[] =>
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => view.getFloat32(origin + offset + 4 * i, true))
  return {
    values: read,
    starts: entries.map(({ offset }) => origin + offset),
    tensors: new Map(
      entries.map(({ name, shape, type, offset }) => [
        name,
        { shape, data: (type === 0 ? numbers(offset, shape) : TYPES[type]) as never },
      ]),
    ),
  }
}

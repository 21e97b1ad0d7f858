/**
 * The five ways TensorBoard's event messages put a field on the wire: a key (field number and wire type), a value.
 * @see https://protobuf.dev/programming-guides/encoding
 */

/** Integers from 0 to 2^53: seven bits a byte, low ones first. */
const varint = (n: number): Uint8Array => {
  const bytes: number[] = []
  for (; n >= 0x80; n = Math.floor(n / 0x80)) bytes.push((n % 0x80) | 0x80)
  return Uint8Array.of(...bytes, n)
}

const key = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType)

const fixed = (size: 4 | 8, write: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size)
  write(new DataView(bytes.buffer))
  return bytes
}

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)

export const intField = (field: number, n: number): Uint8Array => concatBytes(key(field, 0), varint(n))

export const doubleField = (field: number, x: number): Uint8Array =>
  concatBytes(
    key(field, 1),
    fixed(8, (view) => view.setFloat64(0, x, true)),
  )

export const floatField = (field: number, x: number): Uint8Array =>
  concatBytes(
    key(field, 5),
    fixed(4, (view) => view.setFloat32(0, x, true)),
  )

export const bytesField = (field: number, value: string | Uint8Array): Uint8Array => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return concatBytes(key(field, 2), varint(bytes.length), bytes)
}

/**
 * The part of the protobuf wire format that ONNX models need: varints, length-delimited fields, floats.
 * https://protobuf.dev/programming-guides/encoding
 */
export interface Message {
  readonly int: (field: number, value: number | bigint) => Message
  readonly float: (field: number, value: number) => Message
  readonly string: (field: number, value: string) => Message
  readonly bytes: (field: number, value: Uint8Array) => Message
  readonly message: (field: number, value: Message) => Message
  readonly size: () => number
  /** Writes into `out` from `offset`, returns the offset after it. */
  readonly write: (out: Uint8Array, offset: number) => number
}

const varint = (value: number | bigint): Uint8Array => {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

const encoder = new TextEncoder()

/** An empty message; calls append fields in order and return it. */
export const message = (): Message => {
  const parts: (Uint8Array | Message)[] = []
  let size = 0
  const add = (part: Uint8Array | Message): void => {
    parts.push(part)
    size += part instanceof Uint8Array ? part.length : part.size()
  }
  const tag = (field: number, wire: number): void => add(varint((field << 3) | wire))
  const self: Message = {
    int: (field, value) => (tag(field, 0), add(varint(value)), self),
    float: (field, value) => (tag(field, 5), add(new Uint8Array(Float32Array.of(value).buffer)), self),
    string: (field, value) => self.bytes(field, encoder.encode(value)),
    bytes: (field, value) => (tag(field, 2), add(varint(value.length)), add(value), self),
    message: (field, value) => (tag(field, 2), add(varint(value.size())), add(value), self),
    size: () => size,
    write: (out, offset) => {
      let at = offset
      for (const part of parts)
        if (part instanceof Uint8Array) {
          out.set(part, at)
          at += part.length
        } else at = part.write(out, at)
      return at
    },
  }
  return self
}

/** The bytes of a message. */
export const encode = (m: Message): Uint8Array => {
  const out = new Uint8Array(m.size())
  m.write(out, 0)
  return out
}

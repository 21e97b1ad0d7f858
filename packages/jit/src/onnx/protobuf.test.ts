import { expect, test } from 'vitest'
import { encode, message } from './protobuf.ts'

const hex = (m: ReturnType<typeof message>): string => Buffer.from(encode(m)).toString('hex')

// https://protobuf.dev/programming-guides/encoding: `int32 a = 1` of 150, `string b = 2` of "testing", a submessage c = 3
test('the examples of the encoding guide', () => {
  expect(hex(message().int(1, 150))).toBe('089601')
  expect(hex(message().string(2, 'testing'))).toBe('120774657374696e67')
  expect(hex(message().message(3, message().int(1, 150)))).toBe('1a03089601')
})

test.each([
  [0, '0800'],
  [127, '087f'],
  [128, '088001'],
  [300, '08ac02'],
  [2 ** 32, '088080808010'],
  [-1, '08ffffffffffffffffff01'],
  [-2n, '08feffffffffffffffff01'],
  [2n ** 63n - 1n, '08ffffffffffffffff7f'],
])('a whole number of any size is a varint, negative ones ten bytes: %s', (value, bytes) => {
  expect(hex(message().int(1, value))).toBe(bytes)
})

test('field numbers above 15 take two bytes; floats are little-endian; lengths count bytes, not characters', () => {
  expect(hex(message().int(20, 2))).toBe('a00102')
  expect(hex(message().float(2, 1.5))).toBe('150000c03f')
  expect(hex(message().string(1, 'é'))).toBe('0a02c3a9')
  expect(hex(message().bytes(9, Uint8Array.of(1, 255)))).toBe('4a0201ff')
  expect(hex(message().bytes(9, new Uint8Array(0)))).toBe('4a00')
})

test('the length of a long submessage is a varint too', () => {
  const inner = message().bytes(1, new Uint8Array(200))
  expect(hex(message().message(1, inner)).slice(0, 12)).toBe('0acb010ac801')
  expect(message().message(1, inner).size()).toBe(206)
})

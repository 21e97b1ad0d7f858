/**
 * As much of WebAssembly's binary format as one small module takes: instructions as nested functions, each giving the
 * bytes of its operands and then its own (WebAssembly Core Specification 2.0, §5).
 */
export type Code = readonly number[]

/** LEB128, unsigned. */
const leb = (n: number): Code => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...leb(n >>> 7)])
/** LEB128, signed. */
const sleb = (n: number): Code => (n >= -0x40 && n < 0x40 ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...sleb(n >> 7)])
const float64 = (x: number): Code => [...new Uint8Array(Float64Array.of(x).buffer)]
const vector = (items: readonly Code[]): Code => [...leb(items.length), ...items.flat()]
const sized = (bytes: Code): Code => [...leb(bytes.length), ...bytes]
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))]
const name = (text: string): Code => sized([...new TextEncoder().encode(text)])

export const I32 = 0x7f
export const F64 = 0x7c
export const V128 = 0x7b

const simd = (op: number, ...operands: readonly Code[]): Code => [...operands.flat(), 0xfd, ...leb(op)]
/** Alignment (as a power of two; only a hint) and offset of a memory access. */
const memory = [0, 0] as const

export const get = (local: number): Code => [0x20, ...leb(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local)]
export const int = (n: number): Code => [0x41, ...sleb(n)]
export const addInt = (a: Code, b: Code): Code => [...a, ...b, 0x6a]
export const shiftInt = (a: Code, by: number): Code => [...a, ...int(by), 0x74]
export const addFloat = (a: Code, b: Code): Code => [...a, ...b, 0xa0]

/** Repeats `body` while `again` is not 0 after it. */
export const loop = (body: Code, again: Code): Code => [0x03, 0x40, ...body, ...again, 0x0d, 0, 0x0b]
export const below = (a: Code, b: Code): Code => [...a, ...b, 0x49]

// Two float64 at a time; `i32x4` means the first two of four integers.
export const load = (at: Code): Code => [...simd(0x00, at), ...memory]
export const store = (at: Code, value: Code): Code => [...simd(0x0b, at, value), ...memory]
/** The first lane from memory. */
export const load64 = (at: Code): Code => [...simd(0x5d, at), ...memory]
/** `value` with lane `lane` from memory. */
export const loadLane = (lane: number, at: Code, value: Code): Code => [...simd(0x57, at, value), ...memory, lane]
export const both = (x: number): Code => [0xfd, 0x0c, ...float64(x), ...float64(x)]
export const bothInts = (n: number): Code => [
  0xfd,
  0x0c,
  ...[0, 1, 2, 3].flatMap(() => [...new Uint8Array(Int32Array.of(n).buffer)]),
]
export const splat = (x: Code): Code => simd(0x14, x)
export const lane = (n: number, x: Code): Code => [...simd(0x21, x), n]
export const laneInt = (n: number, x: Code): Code => [...simd(0x1b, x), n]
export const add = (a: Code, b: Code): Code => simd(0xf0, a, b)
export const sub = (a: Code, b: Code): Code => simd(0xf1, a, b)
export const mul = (a: Code, b: Code): Code => simd(0xf2, a, b)
export const div = (a: Code, b: Code): Code => simd(0xf3, a, b)
/** a < b ? b : a, so that a NaN in b is passed over. */
export const larger = (a: Code, b: Code): Code => simd(0xf7, a, b)
export const isAbove = (a: Code, b: Code): Code => simd(0x4a, a, b)
export const differs = (a: Code, b: Code): Code => simd(0x48, a, b)
export const and = (a: Code, b: Code): Code => simd(0x4e, a, b)
export const or = (a: Code, b: Code): Code => simd(0x50, a, b)
/** Towards zero, as integers. */
export const truncated = (x: Code): Code => simd(0xfc, x)
export const fromInts = (n: Code): Code => simd(0xfe, n)
/** 2^n as the bits that are added to a float64 to multiply it by that. */
export const exponentBits = (n: Code): Code => simd(0xcb, simd(0xc7, n), int(52))
export const addBits = (a: Code, b: Code): Code => simd(0xce, a, b)
export const shiftInts = (n: Code, by: number): Code => simd(0xac, n, int(by))

/** A function: the types of its parameters and locals, its result, a float64 that its code leaves. */
export interface Routine {
  readonly parameters: readonly number[]
  readonly locals: readonly number[]
  readonly code: Code
}

/** A module of routines that work in the memory `host.memory`. */
export const moduleOf = (routines: Readonly<Record<string, Routine>>): Uint8Array => {
  const all = Object.entries(routines)
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(
      1,
      all.map(([, { parameters }]) => [0x60, ...vector(parameters.map((type) => [type])), 1, F64]),
    ),
    ...section(2, [[...name('host'), ...name('memory'), 0x02, 0x00, 0]]),
    ...section(
      3,
      all.map((_, i) => leb(i)),
    ),
    ...section(
      7,
      all.map(([exported], i) => [...name(exported), 0x00, ...leb(i)]),
    ),
    ...section(
      10,
      all.map(([, { locals, code }]) => sized([...vector(locals.map((type) => [1, type])), ...code, 0x0b])),
    ),
  ])
}

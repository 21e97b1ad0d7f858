import { policyFault } from '../policy-fault.ts'

/** Bytes an element takes, for every element type that the safetensors format names. */
export const BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
}

const word = new Float32Array(1)
const bits = new Uint32Array(word.buffer)

/** The float32 a half-precision bit pattern stands for (IEEE 754-2019 §3.6, binary16). */
export const halfToFloat = (half: number): number => {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The half-precision bit pattern nearest a float32, ties to even; beyond 65504 it is infinity. */
export const floatToHalf = (value: number): number => {
  word[0] = value
  const sign = (bits[0]! >>> 16) & 0x8000
  const magnitude = bits[0]! & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Subnormal: at 0.5 a float32 has steps of 2^-24, which are the half's, so the addition rounds for us.
    word[0] = Math.abs(value) + 0.5
    return sign | (bits[0]! - 0x3f000000)
  }
  const odd = (magnitude >>> 13) & 1
  return sign | ((magnitude + 0xfff + odd - (112 << 23)) >>> 13)
}

/** The bfloat16 bit pattern nearest a float32, ties to even. */
export const floatToBrain = (value: number): number => {
  word[0] = value
  const pattern = bits[0]!
  if ((pattern & 0x7fffffff) > 0x7f800000) return (pattern >>> 16) | 0x40
  return (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16
}

interface Narrow {
  readonly patternOf: (value: number) => number
  readonly infinity: number
  readonly most: number
}

const NARROW: Readonly<Record<'F16' | 'BF16', Narrow>> = {
  F16: { patternOf: floatToHalf, infinity: 0x7c00, most: 65504 },
  BF16: { patternOf: floatToBrain, infinity: 0x7f80, most: 3.3895313892515355e38 },
}

/** The 16-bit patterns of a tensor's numbers. Throws the fault of a finite one that would become infinite. */
export const narrowed = (values: ArrayLike<number>, dtype: 'F16' | 'BF16', tensor: string): Uint16Array => {
  const { patternOf, infinity, most } = NARROW[dtype]
  const out = new Uint16Array(values.length)
  for (let i = 0; i < out.length; i++) {
    out[i] = patternOf(values[i]!)
    if ((out[i]! & 0x7fff) === infinity && Number.isFinite(values[i]))
      throw policyFault('SaveFailed', `${tensor} has ${values[i]}, ${dtype} ends at ${most}`, 'Save it as F32', {
        tensor,
        value: values[i],
        dtype,
      })
  }
  return out
}

let halves: Float32Array | undefined

/** Half-precision bit patterns to float32, by a table of all 65,536 of them. */
export const widenHalf = (patterns: Uint16Array): Float32Array => {
  const table = (halves ??= Float32Array.from({ length: 0x10000 }, (_, half) => halfToFloat(half)))
  const out = new Float32Array(patterns.length)
  for (let i = 0; i < out.length; i++) out[i] = table[patterns[i]!]!
  return out
}

/** bfloat16 bit patterns to float32: the upper half of its bits. */
export const widenBrain = (patterns: Uint16Array): Float32Array => {
  const out = new Float32Array(patterns.length)
  const raw = new Uint32Array(out.buffer)
  for (let i = 0; i < out.length; i++) raw[i] = patterns[i]! << 16
  return out
}

/** How the matrices of linear layers are kept: whole numbers of `bits`, and a float32 scale for every `block` inputs. */
export interface Quantization {
  readonly bits: 4 | 8
  /** Consecutive inputs that share a scale; it divides the inputs of every linear layer. */
  readonly block: 16 | 32 | 64 | 128 | 256
}

/** A row-major [rows, width] matrix in blocks along its rows. */
export interface QuantizedBlocks {
  /** [rows, width · bits / 32]: unsigned codes, the first of a row in the lowest bits. */
  readonly codes: Int32Array
  /** [rows, width / block] */
  readonly scales: Float32Array
}

/** The smallest normal float32: scales below it have not all their digits. */
const LEAST = 2 ** -126

/**
 * Symmetric rounding to the nearest. Of each block w,
 *
 *   scale = max |w| / (2^(bits − 1) − 1),  code = round(w / scale) + 2^(bits − 1),
 *
 * so that w is (code − 2^(bits − 1)) · scale to within scale / 2, 0 is exact and the largest keeps its size. A block of
 * zeros, or of hardly more, has the scale 0; where a weight is not finite, neither is the scale.
 */
export const quantizeBlocks = (matrix: Float32Array, { bits, block }: Quantization): QuantizedBlocks => {
  const zero = 2 ** (bits - 1)
  const perWord = 32 / bits
  const codes = new Int32Array(matrix.length / perWord)
  const scales = new Float32Array(matrix.length / block)
  for (let b = 0; b < scales.length; b++) {
    let most = 0
    for (let i = b * block; i < (b + 1) * block; i++) most = Math.max(most, Math.abs(matrix[i]!))
    // NaN is not less: it stays to be seen
    scales[b] = most / (zero - 1) < LEAST ? 0 : most / (zero - 1)
    const scale = scales[b]! || Infinity // rounded to float32; codes of zeros are 0
    for (let word = (b * block) / perWord; word < ((b + 1) * block) / perWord; word++) {
      let packed = 0
      for (let k = 0; k < perWord; k++) packed |= (Math.round(matrix[word * perWord + k]! / scale) + zero) << (bits * k)
      codes[word] = packed
    }
  }
  return { codes, scales }
}

/** The upper and lower 4 bits of 8-bit codes, as codes of 4 bits. */
export const halvesOf = (codes: Int32Array): { readonly upper: Int32Array; readonly lower: Int32Array } => {
  const bytes = new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength)
  const [upper, lower] = [new Uint8Array(bytes.length / 2), new Uint8Array(bytes.length / 2)]
  for (let i = 0; i < upper.length; i++) {
    const [even, odd] = [bytes[2 * i]!, bytes[2 * i + 1]!]
    upper[i] = (even >> 4) | (odd & 0xf0)
    lower[i] = (even & 0xf) | (odd << 4)
  }
  return { upper: new Int32Array(upper.buffer), lower: new Int32Array(lower.buffer) }
}

/** The matrix that codes and scales stand for. */
export const dequantizeBlocks = ({ codes, scales }: QuantizedBlocks, { bits, block }: Quantization): Float32Array => {
  const zero = 2 ** (bits - 1)
  const perWord = 32 / bits
  const matrix = new Float32Array(codes.length * perWord)
  for (let i = 0; i < matrix.length; i++) {
    const code = (codes[Math.floor(i / perWord)]! >>> (bits * (i % perWord))) & (2 * zero - 1)
    matrix[i] = (code - zero) * scales[Math.floor(i / block)]!
  }
  return matrix
}

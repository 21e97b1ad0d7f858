import * as tf from '@tensorflow/tfjs-core'
import { fused } from './fused.ts'

/**
 * A matrix W [out, in] in whole numbers of 4 or 8 bits, with one scale for every block of consecutive inputs:
 *
 *   W[o, i] = (code[o, i] − 2^(bits − 1)) · scales[o, ⌊i / block⌋]
 *
 * Both are constants of a compiled function.
 */
export interface QuantizedMatrix {
  /** [out, in · bits / 32] int32: the unsigned codes of a row one after another, the first in the lowest bits. */
  readonly codes: tf.Tensor2D
  /** [out, in / block]; a block is 16, 32, 64, 128 or 256 inputs. */
  readonly scales: tf.Tensor2D
  /**
   * The upper and lower halves of 8-bit codes as codes of 4 bits, [out, in / 8] int32 each: what compiled products of few
   * rows read instead, many times as fast.
   */
  readonly upper?: tf.Tensor2D | undefined
  readonly lower?: tf.Tensor2D | undefined
}

/**
 * The unsigned codes in each word, [..., 32 / bits] float32. A digit is cut out before it is divided by its place, so
 * that backends that divide integers as floats are exact; the upper one of a negative word is a digit below 0.
 */
const unpacked = (words: tf.Tensor, bits: number): tf.Tensor => {
  const below = (bit: number): tf.Tensor => (bit === 32 ? words : tf.mod(words, tf.scalar(2 ** bit, 'int32')))
  const digits = Array.from({ length: 32 / bits }, (_, i) =>
    tf.div(tf.cast(tf.sub(below(bits * (i + 1)), below(bits * i)), 'float32'), 2 ** (bits * i)),
  )
  return tf.mod(tf.stack(digits, -1), 2 ** bits)
}

/** W [out, inputs] as float32. */
export const dequantized = (
  { codes, scales }: Pick<QuantizedMatrix, 'codes' | 'scales'>,
  inputs: number,
): tf.Tensor2D => {
  const [out, blocks] = scales.shape
  const bits = (32 * codes.shape[1]) / inputs
  return fused('GfnlmDequantize', { codes, scales }, { inputs }, () => {
    const centred = tf.sub(unpacked(codes, bits), 2 ** (bits - 1))
    const scaled = tf.mul(tf.reshape(centred, [out, blocks, inputs / blocks]), tf.reshape(scales, [out, blocks, 1]))
    return [tf.reshape(scaled, [out, inputs])]
  })[0] as tf.Tensor2D
}

/**
 * x · Wᵀ with a quantised W, in float32 arithmetic: the product with `dequantized(W)`. Its gradient in x is dy · W; W has
 * none. Compiled, a widened W exists while one product reads it, or not at all.
 *
 * @param x [n, in]
 * @returns [n, out]
 * @see Dettmers et al. 2023, arXiv:2305.14314 (adapters on a quantised base; here the codes are linear, not NF4)
 */
export const quantizedMatMul = (x: tf.Tensor2D, { codes, scales, upper, lower }: QuantizedMatrix): tf.Tensor2D => {
  const inputs = x.shape[1]
  return tf.customGrad((x, save) => {
    ;(save as tf.GradSaveFunc)([codes, scales])
    return {
      value: fused('GfnlmQuantizedMatMul', { x: x as tf.Tensor2D, codes, scales, upper, lower }, {}, () => [
        tf.matMul(x as tf.Tensor2D, dequantized({ codes, scales }, inputs), false, true),
      ])[0]!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [codes, scales] = saved as [tf.Tensor2D, tf.Tensor2D]
        return tf.matMul(dy as tf.Tensor2D, dequantized({ codes, scales }, inputs))
      },
    }
  })(x) as tf.Tensor2D
}

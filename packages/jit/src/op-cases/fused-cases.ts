import * as tf from '@tensorflow/tfjs-core'
import { geluTanh, silu } from '../ops/activations.ts'
import { layerNorm, rmsNorm } from '../ops/norms.ts'
import { dequantized, quantizedMatMul } from '../ops/quantized.ts'
import { rotary } from '../ops/rotary.ts'
import { softmaxMatMul } from '../ops/softmax-mat-mul.ts'
import { ints, opCase, spread, type OpCase } from './op-case.ts'

/** cos and sin of 3 positions and 2 angles. */
const turning = (f: (angle: number) => number) =>
  tf.tensor2d([0, 1, 2].map((position) => [f(position), f(0.1 * position)]))

/** 5 × 64 codes of some width all over their range, two blocks a row. */
const quantised = (bits: 4 | 8) => {
  const words = Int32Array.from({ length: 10 * bits }, (_, i) => Math.imul(i + 1, 0x9e3779b1))
  return {
    words,
    codes: tf.tensor2d(words, [5, 2 * bits]),
    scales: tf.tensor2d(
      Array.from({ length: 10 }, (_, i) => (i + 1) / 2 ** (bits + 2)),
      [5, 2],
    ),
  }
}

/** The same with its halves. */
const inHalves = () => {
  const { words, ...matrix } = quantised(8)
  const bytes = new Uint8Array(words.buffer)
  const packed = (half: (byte: number) => number): tf.Tensor2D =>
    tf.tensor2d(
      new Int32Array(
        Uint8Array.from({ length: 160 }, (_, i) => half(bytes[2 * i]!) | (half(bytes[2 * i + 1]!) << 4)).buffer,
      ),
      [5, 8],
    )
  return { ...matrix, upper: packed((byte) => byte >> 4), lower: packed((byte) => byte & 15) }
}

/** What a compiled graph has in one operator. */
export const fusedCases: readonly OpCase[] = [
  opCase('GfnlmGeluTanh', 'gelu, tanh form', [spread([3, 5], -6, 6)], geluTanh),
  opCase('GfnlmSilu', 'silu', [spread([3, 5], -6, 6)], silu),
  opCase(
    'GfnlmLayerNorm',
    'layer norm with weight and bias',
    [spread([3, 4]), spread([4], 1, 2), spread([4])],
    (x, w, b) => layerNorm(1e-5)(x, w, b),
  ),
  opCase('GfnlmLayerNorm', 'layer norm of three axes, without bias', [spread([2, 3, 4], -1, 5), spread([4])], (x, w) =>
    layerNorm(1e-3)(x, w),
  ),
  opCase('GfnlmRmsNorm', 'rms norm', [spread([3, 4], -1, 5), spread([4], 1, 2)], rmsNorm(1e-5)),
  opCase('GfnlmRmsNorm', 'rms norm of three axes', [spread([2, 2, 4]), spread([4])], rmsNorm(1e-2)),
  opCase(
    ['Softmax', 'BatchMatMul'],
    'weighted means by softmax',
    [spread([2, 1, 3, 4], -6, 6), spread([2, 1, 4, 2])],
    softmaxMatMul,
  ),
  opCase(
    'GfnlmRotary',
    'rotary embedding of two heads at ragged positions',
    [spread([2, 2, 3, 4]), ints([0, 1, 2, 2, 0, 1], [2, 3])],
    (x, positions) =>
      rotary(x as tf.Tensor4D, positions as tf.Tensor2D, { cos: turning(Math.cos), sin: turning(Math.sin) }),
  ),
  opCase(
    'GfnlmRotary',
    'rotary embedding of one column',
    [spread([3, 1, 1, 4]), ints([2, 0, 1], [3, 1])],
    (x, positions) =>
      rotary(x as tf.Tensor4D, positions as tf.Tensor2D, { cos: turning(Math.cos), sin: turning(Math.sin) }),
  ),
  opCase('GfnlmQuantizedMatMul', 'product with a matrix of 4 bits', [spread([3, 64], -1, 1)], (x) =>
    quantizedMatMul(x as tf.Tensor2D, quantised(4)),
  ),
  opCase('GfnlmQuantizedMatMul', 'product with a matrix of 8 bits', [spread([3, 64], -1, 1)], (x) =>
    quantizedMatMul(x as tf.Tensor2D, quantised(8)),
  ),
  opCase(
    'GfnlmQuantizedMatMul',
    'product of few rows with a matrix of 8 bits in halves',
    [spread([3, 64], -1, 1)],
    (x) => quantizedMatMul(x as tf.Tensor2D, inHalves()),
  ),
  opCase(
    'GfnlmQuantizedMatMul',
    'product of many rows with a matrix of 8 bits',
    [spread([64, 64], -1, 1)],
    (x) => quantizedMatMul(x as tf.Tensor2D, inHalves()),
    [],
  ),
  opCase('GfnlmDequantize', 'matrices of 4 and 8 bits widened', [spread([5, 64])], (x) =>
    tf.mul(x, tf.add(dequantized(quantised(4), 64), dequantized(quantised(8), 64))),
  ),
  opCase(
    ['GfnlmGeluTanh', 'GfnlmLayerNorm'],
    'a block of both',
    [spread([3, 4]), spread([4], 1, 2), spread([4, 4], -1, 1)],
    (x, w, m) =>
      tf.add(
        x,
        tf.matMul(geluTanh(tf.matMul(layerNorm(1e-5)(x, w) as tf.Tensor2D, m as tf.Tensor2D)), m as tf.Tensor2D),
      ),
  ),
]

import { type RotaryTables, rotary } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'

/** Every token's position [rows, width], and the angles of positions: shared by all layers. */
export interface Rotation {
  readonly positions: tf.Tensor2D
  readonly tables: RotaryTables
}

/** [positions, headDim / 2] of f(position · θ^(−2i/headDim)), computed in float64. */
const table = (f: (angle: number) => number, positions: number, headDim: number, theta: number): tf.Tensor2D => {
  const half = headDim / 2
  const at = (i: number): number => Math.floor(i / half) * theta ** (-(i % half) / half)
  return tf.tensor2d(Float32Array.from({ length: positions * half }, (_, i) => f(at(i))), [positions, half])
}

/** The angles of the positions [rows, width], each below `longest`. */
export const rotationOf = (positions: tf.Tensor2D, longest: number, headDim: number, theta: number): Rotation => ({
  positions,
  tables: { cos: table(Math.cos, longest, headDim, theta), sin: table(Math.sin, longest, headDim, theta) },
})

/**
 * Rotates queries or keys [rows, heads, width, headDim] by their positions, pairing element i with i + headDim / 2
 * (Hugging Face's "rotate half", not the interleaved pairs of the paper; the weights are laid out for it).
 *
 * @see Su et al. 2021, arXiv:2104.09864
 */
export const rotate = (x: tf.Tensor4D, { positions, tables }: Rotation): tf.Tensor4D => rotary(x, positions, tables)

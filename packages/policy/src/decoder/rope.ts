import * as tf from '@tensorflow/tfjs-core'

/** Cosines and signed sines of every token's position, [rows, 1, width, headDim] each: shared by all layers. */
export interface Rotation {
  readonly cos: tf.Tensor4D
  readonly sin: tf.Tensor4D
}

/**
 * [positions, headDim] tables of cos and sin of position · θ^(−2i/headDim), computed in float64. The two halves of a
 * row are equal, but the sine's first is negated, so that a rotation is x · cos + swapped(x) · sin.
 */
export const ropeTables = (
  positions: number,
  headDim: number,
  theta: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } => {
  const cos = new Float32Array(positions * headDim)
  const sin = new Float32Array(positions * headDim)
  const half = headDim / 2
  for (let position = 0; position < positions; position++)
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** (-i / half)
      const at = position * headDim + i
      cos[at] = cos[at + half] = Math.cos(angle)
      sin[at] = -Math.sin(angle)
      sin[at + half] = Math.sin(angle)
    }
  return { cos, sin }
}

/** Looks the positions [rows, width] (each below `longest`) up in the tables. */
export const rotationOf = (positions: tf.Tensor2D, longest: number, headDim: number, theta: number): Rotation => {
  const [rows, width] = positions.shape
  const flat = tf.reshape(positions, [rows * width])
  const tables = ropeTables(longest, headDim, theta)
  const look = (table: Float32Array): tf.Tensor4D =>
    tf.reshape(tf.gather(tf.tensor2d(table, [longest, headDim]), flat), [rows, 1, width, headDim])
  return { cos: look(tables.cos), sin: look(tables.sin) }
}

/**
 * Rotates queries or keys [rows, heads, width, headDim] by their positions, pairing element i with i + headDim / 2
 * (Hugging Face's "rotate half", not the interleaved pairs of the paper; the weights are laid out for it).
 *
 * @see Su et al. 2021, arXiv:2104.09864
 */
export const rotate = (x: tf.Tensor4D, { cos, sin }: Rotation): tf.Tensor4D => {
  const [first, second] = tf.split(x, 2, -1)
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([second!, first!], -1), sin))
}

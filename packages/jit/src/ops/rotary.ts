import * as tf from '@tensorflow/tfjs-core'
import { fused } from './fused.ts'

/** Cosines and sines of the angles of every position, [positions, d / 2] each. */
export interface RotaryTables {
  readonly cos: tf.Tensor2D
  readonly sin: tf.Tensor2D
}

const rotated = (x: tf.Tensor, positions: tf.Tensor2D, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor =>
  fused('GfnlmRotary', { x, positions, cos, sin }, {}, () => {
    const look = (table: tf.Tensor): tf.Tensor => tf.expandDims(tf.gather(table, positions), 1) // [rows, 1, width, d / 2]
    const [c, s] = [look(cos), look(sin)]
    const [first, second] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor]
    return [tf.concat([tf.sub(tf.mul(first, c), tf.mul(second, s)), tf.add(tf.mul(second, c), tf.mul(first, s))], -1)]
  })[0]!

/**
 * Rotary position embedding: each pair (x_i, x_{i + d/2}) of a row is turned by the angle of its position (Hugging
 * Face's "rotate half", not the interleaved pairs of the paper). Its gradient turns back.
 *
 * @param x         [rows, heads, width, d]
 * @param positions [rows, width] int32, below the number of positions in the tables
 * @see Su et al. 2021, arXiv:2104.09864
 * @example rotary(tf.ones([1, 1, 1, 2]), tf.tensor2d([[1]], [1, 1], 'int32'), { cos: tf.tensor2d([[1], [0]]), sin: tf.tensor2d([[0], [1]]) }) // => [-1, 1]
 */
export const rotary = (x: tf.Tensor4D, positions: tf.Tensor2D, { cos, sin }: RotaryTables): tf.Tensor4D =>
  tf.customGrad((x, save) => {
    ;(save as tf.GradSaveFunc)([positions, cos, sin])
    return {
      value: rotated(x as tf.Tensor, positions, cos, sin),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [positions, cos, sin] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
        return rotary(dy as tf.Tensor4D, positions, { cos, sin: tf.neg(sin) })
      },
    }
  })(x) as tf.Tensor4D

import * as tf from '@tensorflow/tfjs-core'

/** One module's weights and what adapts them. */
export interface Direction {
  /** [out, in] or [in, out] */
  readonly weight: tf.Tensor2D
  readonly orientation: 'out-in' | 'in-out'
  /** [r, out] A · Wᵀ */
  readonly along: tf.Tensor2D
  /** [r, in] */
  readonly a: tf.Tensor2D
  /** [out, r] */
  readonly b: tf.Tensor2D
  readonly scale: number
}

/** Keeps outputs whose weights are zeros, which have no direction, at 0. */
const NOTHING = 1e-30

/**
 * [out] ‖w + s · b · A‖ of each output's weights w and row b of B, as √(|w|² + b · (2 s · A · w + s² · A · Aᵀ · b)): W is
 * read once, by the product with the r rows of A, and B · A, as large as W, is never made. |w|² is a constant.
 */
const norms = ({ weight, orientation, along, a, b, scale }: Direction): tf.Tensor => {
  const own = tf.sum(tf.square(weight), orientation === 'out-in' ? 1 : 0)
  const cross: tf.Tensor = tf.mul(2 * scale, tf.transpose(along))
  const added: tf.Tensor = tf.mul(scale ** 2, tf.matMul(b, tf.matMul(a, a, false, true)))
  const squares: tf.Tensor = tf.add(own, tf.sum(tf.mul(b, tf.add(cross, added)), 1))
  return tf.sqrt(tf.maximum(squares, NOTHING))
}

/**
 * What DoRA multiplies each output of W + scale · B · A by: m / ‖W + scale · B · A‖. The norm follows A and B, but no
 * gradient flows through it (§4.3 of the paper): only m has one, dy / ‖W + scale · B · A‖.
 *
 * @param magnitude [out]
 * @returns [out]
 * @see Liu et al. 2024, arXiv:2402.09353
 */
export const doraFactor = (magnitude: tf.Tensor, direction: Direction): tf.Tensor =>
  tf.customGrad((...given) => {
    const [m, save] = given as unknown as [tf.Tensor, tf.GradSaveFunc]
    const norm = norms(direction)
    save([norm])
    return { value: tf.div(m, norm), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.div(dy, saved[0]!) }
  })(magnitude)

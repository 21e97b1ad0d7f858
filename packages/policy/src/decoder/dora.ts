import * as tf from '@tensorflow/tfjs-core'

/** One module's weights and what adapts them. */
export interface Direction {
  /** [out, in] or [in, out] */
  readonly weight: tf.Tensor2D
  readonly orientation: 'out-in' | 'in-out'
  /** [r, in] */
  readonly a: tf.Tensor2D
  /** [out, r] */
  readonly b: tf.Tensor2D
  readonly scale: number
}

/** Keeps rows of zeros, which have no direction, at 0. */
const NOTHING = 1e-30

/** [out] ‖W + scale · B · A‖ over the inputs of each output. */
const norms = ({ weight, orientation, a, b, scale }: Direction): tf.Tensor => {
  const narrow: tf.Tensor2D = tf.mul(a, scale)
  const delta = orientation === 'out-in' ? tf.matMul(b, narrow) : tf.matMul(narrow, b, true, true)
  return tf.sqrt(tf.sum(tf.square(tf.add(weight, delta)), orientation === 'out-in' ? 1 : 0))
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
    const norm = tf.maximum(norms(direction), NOTHING)
    save([norm])
    return { value: tf.div(m, norm), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.div(dy, saved[0]!) }
  })(magnitude)

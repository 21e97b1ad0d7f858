import * as tf from '@tensorflow/tfjs-core'

/** The largest log-probability whose derivative, −1 / x here, is still well inside of fp32. */
const LARGEST = -(2 ** -120)

/**
 * log(1 − eˣ) for x < 0, to the last digit near 0 and far from it; x is clamped to ≤ −2⁻¹²⁰, where it is −83.
 *
 * log(−expm1(x)) above −ln 2, log1p(−eˣ) below: the other one cancels there. Each branch sees only what it is for, so
 * that neither's derivative is 0 · ∞.
 *
 * @see Mächler 2012, "Accurately computing log(1 − exp(−|a|))"
 */
export const log1mexp = <T extends tf.Tensor>(x: T): T => {
  const below0 = tf.minimum(x, LARGEST)
  const near0 = tf.greater(below0, -Math.LN2)
  const edge = tf.fill(x.shape, -Math.LN2)
  const near = tf.log(tf.neg(tf.expm1(tf.where(near0, below0, edge))))
  const far = tf.log1p(tf.neg(tf.exp(tf.where(near0, edge, below0))))
  return tf.where(near0, near, far) as T
}

import * as tf from '@tensorflow/tfjs-core'

/**
 * g: what a balance residual costs, elementwise. g ≥ 0, g(0) = g'(0) = 0. The choice of g is the choice of the
 * divergence between flow and target that training descends.
 *
 * @see Hu et al. 2025, "Beyond Squared Error", arXiv:2410.02596
 */
export type Regression = <T extends tf.Tensor>(residual: T) => T

/** exp(80) ≈ 5.5e34 is the last round number that fp32 holds with room to sum; beyond it g is flat. */
const LARGEST_EXPONENT = 80

/** g(t) = t²: reverse Kullback–Leibler divergence, zero-forcing. The default everywhere. */
export const squared: Regression = (residual) => tf.square(residual)

/** g(t) = t² / 2: the same as `squared` at half the learning rate; relative trajectory balance is written with it. */
export const halfSquared: Regression = (residual) => tf.mul(0.5, tf.square(residual))

/**
 * g(t) = eᵗ + e⁻ᵗ − 2: zero-forcing and zero-avoiding at once. t is clamped to ±80.
 *
 * Computed as (e^{t/2} − e^{−t/2})², which does not cancel near 0.
 */
export const shiftedCosh: Regression = <T extends tf.Tensor>(residual: T): T => {
  const half = tf.mul(0.5, tf.clipByValue(residual, -LARGEST_EXPONENT, LARGEST_EXPONENT))
  return tf.square(tf.sub(tf.exp(half), tf.exp(tf.neg(half))))
}

/**
 * g of the residual held within ±limit: past it a residual costs what it costs there and teaches nothing, so that one
 * absurd completion cannot rule a batch.
 *
 * @example trajectoryBalance({ regression: clamped(20, squared) })
 */
export const clamped = (limit: number, regression: Regression): Regression => {
  if (!(limit > 0)) throw new RangeError(`clamped: limit must be above 0, found ${limit}`)
  return <T extends tf.Tensor>(residual: T): T => regression(tf.clipByValue(residual, -limit, limit))
}

/** eˣ − 1 − x, by its series where the difference would cancel. */
const expLess = <T extends tf.Tensor>(x: T): T => {
  const onward = (divisor: number, rest: tf.Tensor): tf.Tensor => tf.add(1, tf.mul(tf.div(x, divisor), rest))
  const series = onward(3, onward(4, onward(5, onward(6, tf.onesLike(x)))))
  const near = tf.less(tf.abs(x), 0.05)
  return tf.where(near, tf.mul(tf.mul(0.5, tf.square(x)), series), tf.sub(tf.expm1(x), x)) as T
}

/**
 * g(t) = (e^{αt} − αt − 1) / α²: α = 1 is the forward Kullback–Leibler divergence (zero-avoiding), α = 1/2 lies
 * between, α < 0 is zero-forcing. Curvature 1 at 0 for every α. αt is clamped to ≤ 80.
 *
 * torchgfn clamps the exponential but not the linear part, so that its gradient points the wrong way past the
 * clamp; here both stop there.
 */
export const linex = (alpha: number): Regression => {
  if (!Number.isFinite(alpha) || alpha === 0)
    throw new RangeError(`linex: alpha must be a finite number other than 0 (use halfSquared), found ${alpha}`)
  return <T extends tf.Tensor>(residual: T): T => {
    const scaled = tf.minimum(tf.mul(alpha, residual), LARGEST_EXPONENT)
    return tf.mul(1 / (alpha * alpha), expLess(scaled)) as T
  }
}

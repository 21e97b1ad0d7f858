import * as tf from '@tensorflow/tfjs-core'

/**
 * Estimates KL(π ‖ π_ref) from the log-probabilities of one action drawn from π, elementwise, nats. `ratio` is the
 * importance ratio that the loss has of the action, for completions of an older policy.
 *
 * @see Schulman 2020, http://joschu.net/blog/kl-approx.html
 */
export type KLEstimator = (logProb: tf.Tensor2D, referenceLogProb: tf.Tensor2D, ratio?: tf.Tensor2D) => tf.Tensor2D

/** Past exp(20) an estimate says nothing more, and fp32 must hold the sum of many. */
const LARGEST_EXPONENT = 20

/** k1 = log π − log π_ref: unbiased, of either sign, of much variance. PPO's reward (torchtune, TRL). */
export const k1: KLEstimator = (logProb, referenceLogProb) => tf.sub(logProb, referenceLogProb)

/** k2 = (log π − log π_ref)² / 2: biased, never negative. Its gradient is that of the exact KL on average. */
export const k2: KLEstimator = (logProb, referenceLogProb) => tf.mul(0.5, tf.square(tf.sub(logProb, referenceLogProb)))

/**
 * k3 = e^d − d − 1, d = log π_ref − log π: unbiased and never negative. GRPO's. e^d is taken up to e^20.
 *
 * Computed with expm1, which does not cancel near 0.
 */
export const k3: KLEstimator = (logProb, referenceLogProb) => {
  const gap = tf.sub(referenceLogProb, logProb)
  return tf.sub(tf.expm1(tf.minimum(gap, LARGEST_EXPONENT)), tf.minimum(gap, LARGEST_EXPONENT))
}

/**
 * An estimate times the importance ratio, gradient included: unbiased for completions of an older policy, too.
 *
 * @see DeepSeek-AI 2025, "DeepSeek-V3.2"; TRL `use_bias_correction_kl`
 * @example grpo({ beta: 0.04, divergence: importanceCorrected(k3) })
 */
export const importanceCorrected =
  (estimate: KLEstimator): KLEstimator =>
  (logProb, referenceLogProb, ratio) => {
    const each = estimate(logProb, referenceLogProb, ratio)
    return ratio === undefined ? each : tf.mul(each, ratio)
  }

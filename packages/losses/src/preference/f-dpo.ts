import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import { logistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, gap, logRatios, ofBoth } from './pairs.ts'

/** exp(80) ≈ 5.5e34 is the last round number that fp32 holds with room to add; beyond it a score is flat. */
const LARGEST_EXPONENT = 80

/**
 * s(Δ) = f'(e^Δ), up to a constant: what a log-ratio is worth where the policy is held to the reference by the
 * f-divergence instead of the reverse Kullback–Leibler one.
 */
export type DivergenceScore = (logRatio: tf.Tensor1D) => tf.Tensor1D

/** s(Δ) = Δ: KL(π ‖ π_ref), which is DPO. */
export const reverseKLScore: DivergenceScore = (logRatio) => logRatio

/** s(Δ) = −e^−Δ: KL(π_ref ‖ π), mass-covering. −Δ is clamped to ≤ 80. */
export const forwardKLScore: DivergenceScore = (logRatio) =>
  tf.neg(tf.exp(tf.minimum(tf.neg(logRatio), LARGEST_EXPONENT)))

/** s(Δ) = log σ(Δ): Jensen and Shannon's, between the two; bounded for what the policy makes likelier. */
export const jensenShannonScore: DivergenceScore = (logRatio) => tf.neg(logistic(logRatio))

/**
 * s(Δ) = e^{(α − 1) Δ} / (α − 1): the α-divergence. (α − 1) Δ is clamped to ≤ 80, as in TRL for fp32.
 *
 * @throws RangeError for α = 1, whose limit is `reverseKLScore` up to a constant
 */
export const alphaScore = (alpha: number): DivergenceScore => {
  checkOption('alphaScore', 'alpha', alpha, alpha !== 1, 'a finite number other than 1 (reverseKLScore)')
  const power = alpha - 1
  return (logRatio) => tf.div(tf.exp(tf.minimum(tf.mul(power, logRatio), LARGEST_EXPONENT)), power)
}

export interface FDpoOptions {
  readonly beta?: number
  /** How far from the reference is measured. */
  readonly divergence?: DivergenceScore
}

/**
 * f-DPO: DPO where another divergence than the reverse Kullback–Leibler one holds the policy to the reference.
 *
 *   term = −log σ(β (s(Δ_w) − s(Δ_l))),   s(Δ) = f'(e^Δ),   loss = mean over pairs
 *
 * TRL's `f_divergence_type`. Logged rewards are β Δ whatever the divergence, as in TRL.
 *
 * @param options beta, default 0.1; divergence, default reverseKLScore (DPO itself)
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Wang et al. 2023, arXiv:2309.16240
 * @example reduce(fDpo({ beta: 0.1, divergence: jensenShannonScore })(pairs), weight) // 0.6521
 */
export const fDpo = (options: FDpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta, divergence } = optionsOf('fDpo', options, { beta: 0.1, divergence: reverseKLScore })
  checkBeta('fDpo', beta)
  return pairLoss('fDpo', beta, logRatios, (ratio) => logistic(tf.mul(beta, gap(ofBoth(divergence, ratio)))))
}

import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import { logistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type MeasuredPolicyPairs, gap, meanLogProbs, ofBoth } from './pairs.ts'

/** exp(80) ≈ 5.5e34 is the last round number that fp32 holds with room to add. */
const LARGEST_EXPONENT = 80

export interface SimPoOptions {
  readonly beta?: number
  /** γ, nats: how far apart β p̄ of a pair shall be. HALOs gives γ / β instead, 0.3 at β = 10. */
  readonly gamma?: number
}

/**
 * Simple preference optimisation (SimPO): the reward is what generation goes by, the mean log-probability of a token.
 *
 *   p̄_y = log π(y | x) / n_y
 *   term = −log σ(β (p̄_w − p̄_l) − γ),   loss = mean over pairs
 *
 * @param options beta, default 2.5; gamma γ, default 1.375 (γ / β = 0.55); TRL's γ is 0.5
 * @param pairs   see MeasuredPolicyPairs, nats and tokens
 * @returns terms [pairs], nats. Metrics: see pairMetrics; rewards are β p̄ (HALOs: p̄)
 * @throws RangeError for an option out of range or a wrong shape
 * @see Meng et al. 2024, arXiv:2405.14734; TRL CPOTrainer loss_type=simpo; HALOs SimPOTrainer
 * @example reduce(simPo({ beta: 2.5, gamma: 1.375 })(pairs), weight) // 1.6004
 */
export const simPo = (options: SimPoOptions = {}): PairLoss<MeasuredPolicyPairs> => {
  const { beta, gamma } = optionsOf('simPo', options, { beta: 2.5, gamma: 1.375 })
  checkBeta('simPo', beta)
  checkOption('simPo', 'gamma', gamma, true, 'a finite number')
  return pairLoss('simPo', beta, meanLogProbs, (logProb) => logistic(tf.sub(tf.mul(beta, gap(logProb)), gamma)))
}

export interface AlphaPoOptions extends SimPoOptions {
  /** α: how the reward bends; 0 is SimPO. */
  readonly alpha?: number
}

/**
 * AlphaPO: SimPO with a reward of another shape, whose slope grows as a completion gets unlikely for α > 0.
 *
 *   r_y = (1 − e^{−α p̄_y}) / α
 *   term = −log σ(β (r_w − r_l) − γ),   loss = mean over pairs
 *
 * α → 0 is SimPO, and exact in fp32 by way of expm1. −α p̄ is clamped to ≤ 80. Logged rewards are β p̄ as in SimPO, so
 * that runs can be compared; TRL logs β r.
 *
 * @param options beta, default 2.5; gamma γ, default 0.1; alpha α, default 0.25
 * @param pairs   see MeasuredPolicyPairs, nats and tokens
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for an option out of range or a wrong shape
 * @see Gupta et al. 2025, arXiv:2501.03884; TRL CPOTrainer loss_type=alphapo
 * @example reduce(alphaPo({ beta: 2.5, gamma: 0.1, alpha: 0.25 })(pairs), weight) // 0.7444
 */
export const alphaPo = (options: AlphaPoOptions = {}): PairLoss<MeasuredPolicyPairs> => {
  const { beta, gamma, alpha } = optionsOf('alphaPo', options, { beta: 2.5, gamma: 0.1, alpha: 0.25 })
  checkBeta('alphaPo', beta)
  checkOption('alphaPo', 'gamma', gamma, true, 'a finite number')
  checkOption('alphaPo', 'alpha', alpha, true, 'a finite number')
  const bent = (logProb: tf.Tensor1D): tf.Tensor1D =>
    alpha === 0 ? logProb : tf.div(tf.expm1(tf.minimum(tf.mul(-alpha, logProb), LARGEST_EXPONENT)), -alpha)
  return pairLoss('alphaPo', beta, meanLogProbs, (logProb) =>
    logistic(tf.sub(tf.mul(beta, gap(ofBoth(bent, logProb))), gamma)),
  )
}

import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import { logistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, gap, logRatios } from './pairs.ts'

export interface DiscoPopOptions {
  readonly beta?: number
  /** τ in (0, 1]: how sharply it changes over from one loss to the other. */
  readonly temperature?: number
}

/**
 * DiscoPOP, the log-ratio modulated loss found by a language model: logistic where a pair is in the wrong order,
 * exponential where it is in the right one.
 *
 *   z = β (Δ_w − Δ_l),   κ = σ(z / τ)
 *   term = (1 − κ) (−log σ(z)) + κ e^−z,   loss = mean over pairs
 *
 * κ e^−z is computed as one exponential, which does not overflow for τ ≤ 1.
 *
 * @param options beta, default 0.1 (the paper: 0.05); temperature τ in (0, 1], default 0.05
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for an option out of range or a wrong shape
 * @see Lu et al. 2024, arXiv:2406.08414; TRL DPOTrainer loss_type=discopop
 * @example reduce(discoPop({ beta: 0.05, temperature: 0.05 })(pairs), weight) // 0.8782
 */
export const discoPop = (options: DiscoPopOptions = {}): PairLoss<ReferencePairs> => {
  const { beta, temperature } = optionsOf('discoPop', options, { beta: 0.1, temperature: 0.05 })
  checkBeta('discoPop', beta)
  checkOption('discoPop', 'temperature', temperature, temperature > 0 && temperature <= 1, 'above 0 and at most 1')
  return pairLoss('discoPop', beta, logRatios, (ratio) => {
    const z = tf.mul<tf.Tensor1D>(beta, gap(ratio))
    const sharp = tf.div<tf.Tensor1D>(z, temperature)
    const exponential = tf.exp<tf.Tensor1D>(tf.neg(tf.add(z, logistic(sharp))))
    return tf.add(tf.mul(tf.sigmoid(tf.neg(sharp)), logistic(z)), exponential)
  })
}

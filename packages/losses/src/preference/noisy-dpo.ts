import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import type { DpoOptions } from './dpo.ts'
import { logistic, smoothedLogistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, gap, logRatios } from './pairs.ts'

export interface NoisyDpoOptions extends DpoOptions {
  /** ε: the fraction of pairs whose label is thought to be flipped. */
  readonly labelSmoothing?: number
}

/**
 * Conservative DPO (cDPO): DPO towards the target probability 1 − ε instead of 1, so that the margin stays finite.
 *
 *   term = −(1 − ε) log σ(β (Δ_w − Δ_l)) − ε log σ(−β (Δ_w − Δ_l)),   loss = mean over pairs
 *
 * The DPO authors', HALOs' (ε = 0.2) and torchtune's label smoothing. Minimal at β (Δ_w − Δ_l) = log((1 − ε) / ε).
 *
 * @param options beta, default 0.1; labelSmoothing ε in [0, 1/2], default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for an option out of range or a wrong shape
 * @see Mitchell 2023, "A note on DPO with noisy preferences"; HALOs CDPOTrainer; torchtune DPOLoss
 * @example reduce(conservativeDpo({ beta: 0.1, labelSmoothing: 0.1 })(pairs), weight) // 0.6360
 */
export const conservativeDpo = (options: NoisyDpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta, labelSmoothing } = optionsOf('conservativeDpo', options, { beta: 0.1, labelSmoothing: 0.1 })
  checkBeta('conservativeDpo', beta)
  const holds = labelSmoothing >= 0 && labelSmoothing <= 0.5
  checkOption('conservativeDpo', 'labelSmoothing', labelSmoothing, holds, 'between 0 and 1/2')
  return pairLoss('conservativeDpo', beta, logRatios, (ratio) =>
    smoothedLogistic(tf.mul(beta, gap(ratio)), labelSmoothing),
  )
}

/**
 * Robust DPO: the DPO loss of the true labels, without bias where a known fraction ε of the given ones is flipped.
 *
 *   term = (−(1 − ε) log σ(β (Δ_w − Δ_l)) + ε log σ(−β (Δ_w − Δ_l))) / (1 − 2ε),   loss = mean over pairs
 *
 * A term may be negative, and is not bounded below.
 *
 * @param options beta, default 0.1; labelSmoothing ε in [0, 1/2), default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for an option out of range or a wrong shape
 * @see Chowdhury et al. 2024, arXiv:2403.00409; TRL DPOTrainer loss_type=robust
 * @example reduce(robustDpo({ beta: 0.1, labelSmoothing: 0.1 })(pairs), weight) // 0.6022
 */
export const robustDpo = (options: NoisyDpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta, labelSmoothing } = optionsOf('robustDpo', options, { beta: 0.1, labelSmoothing: 0.1 })
  checkBeta('robustDpo', beta)
  const holds = labelSmoothing >= 0 && labelSmoothing < 0.5
  checkOption('robustDpo', 'labelSmoothing', labelSmoothing, holds, 'at least 0 and below 1/2')
  return pairLoss('robustDpo', beta, logRatios, (ratio) => {
    const z = tf.mul<tf.Tensor1D>(beta, gap(ratio))
    const [clean, flipped] = [tf.mul(1 - labelSmoothing, logistic(z)), tf.mul(labelSmoothing, logistic(tf.neg(z)))]
    return tf.div(tf.sub(clean, flipped), 1 - 2 * labelSmoothing)
  })
}

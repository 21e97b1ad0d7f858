import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import { logistic } from './logistic.ts'
import type { NoisyDpoOptions } from './noisy-dpo.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, gap, logRatios } from './pairs.ts'

/**
 * Efficient exact optimisation (EXO) on pairs: the *reverse* Kullback–Leibler divergence between the policy's
 * preference and the label's; DPO is the forward one.
 *
 *   q = σ(β (Δ_w − Δ_l))
 *   term = q (log q − log(1 − ε)) + (1 − q) (log(1 − q) − log ε),   loss = mean over pairs
 *
 * ε must be above 0: a label that is certain is infinitely far from every policy.
 *
 * @param options beta, default 0.1; labelSmoothing ε in (0, 1), default 1e-3
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for an option out of range or a wrong shape
 * @see Ji et al. 2024, arXiv:2402.00856, eq. 16; TRL DPOTrainer loss_type=exo_pair
 * @example reduce(exo({ beta: 0.1, labelSmoothing: 1e-3 })(pairs), weight) // 2.5055
 */
export const exo = (options: NoisyDpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta, labelSmoothing } = optionsOf('exo', options, { beta: 0.1, labelSmoothing: 1e-3 })
  checkBeta('exo', beta)
  checkOption('exo', 'labelSmoothing', labelSmoothing, labelSmoothing > 0 && labelSmoothing < 1, 'between 0 and 1')
  const against = (z: tf.Tensor1D, target: number): tf.Tensor1D =>
    tf.mul(tf.sigmoid(z), tf.sub(-Math.log(target), logistic(z)))
  return pairLoss('exo', beta, logRatios, (ratio) => {
    const z = tf.mul<tf.Tensor1D>(beta, gap(ratio))
    return tf.add(against(z, 1 - labelSmoothing), against(tf.neg(z), labelSmoothing))
  })
}

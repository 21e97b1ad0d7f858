import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta } from './check-option.ts'
import type { DpoOptions } from './dpo.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, gap, logRatios } from './pairs.ts'

/**
 * Hinge loss on log-ratios: no gradient once a pair is apart by 1 / β.
 *
 *   term = max(0, 1 − β (Δ_w − Δ_l)),   loss = mean over pairs
 *
 * The loss of RSO and of SLiC where log-ratios are normalised by a reference; torchtune's RSOLoss.
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs]. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Liu et al. 2023, arXiv:2309.06657; TRL DPOTrainer loss_type=hinge
 * @example reduce(hinge({ beta: 0.1 })(pairs), weight) // 0.85
 */
export const hinge = (options: DpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('hinge', options, { beta: 0.1 })
  checkBeta('hinge', beta)
  return pairLoss('hinge', beta, logRatios, (ratio) => tf.relu(tf.sub(1, tf.mul(beta, gap(ratio)))))
}

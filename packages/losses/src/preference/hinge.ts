import * as tf from '@tensorflow/tfjs-core'
import { checkBeta, checkOption } from './check-option.ts'
import type { DpoOptions } from './dpo.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type PolicyPairs, type ReferencePairs, gap, logProbs, logRatios } from './pairs.ts'

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
export const hinge = ({ beta = 0.1 }: DpoOptions = {}): PairLoss<ReferencePairs> => {
  checkBeta('hinge', beta)
  return pairLoss('hinge', beta, logRatios, (ratio) => tf.relu(tf.sub(1, tf.mul(beta, gap(ratio)))))
}

export interface SlicOptions {
  /** δ ≥ 0, nats: the margin between the log-probabilities. HALOs calls it β. */
  readonly margin?: number
  /** λ ≥ 0 of the likelihood of the chosen completion. */
  readonly regularisation?: number
}

/**
 * Sequence likelihood calibration (SLiC-HF): a margin between log-probabilities, without a reference model, and the
 * likelihood of the chosen completion to hold the policy.
 *
 *   term = max(0, δ − log π(y_w | x) + log π(y_l | x)) − λ log π(y_w | x),   loss = mean over pairs
 *
 * Summed log-probabilities, as in the paper. HALOs at its head adds a term a token to a term a pair, and throws.
 *
 * @param options margin δ, default 1; regularisation λ, default 0.1 (HALOs)
 * @param pairs   see PolicyPairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics; rewards are log-probabilities
 * @throws RangeError for an option below 0 or a wrong shape
 * @see Zhao et al. 2023, arXiv:2305.10425; HALOs SLiCTrainer
 * @example reduce(slic({ margin: 1, regularisation: 0.1 })(pairs), weight) // 1.2
 */
export const slic = ({ margin = 1, regularisation = 0.1 }: SlicOptions = {}): PairLoss<PolicyPairs> => {
  checkOption('slic', 'margin', margin, margin >= 0, 'at least 0')
  checkOption('slic', 'regularisation', regularisation, regularisation >= 0, 'at least 0')
  return pairLoss('slic', 1, logProbs, (logProb) =>
    tf.sub(tf.relu(tf.sub(margin, gap(logProb))), tf.mul(regularisation, logProb.chosen)),
  )
}

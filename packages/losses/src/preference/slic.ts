import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkOption } from './check-option.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type PolicyPairs, gap, logProbs } from './pairs.ts'

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
export const slic = (options: SlicOptions = {}): PairLoss<PolicyPairs> => {
  const { margin, regularisation } = optionsOf('slic', options, { margin: 1, regularisation: 0.1 })
  checkOption('slic', 'margin', margin, margin >= 0, 'at least 0')
  checkOption('slic', 'regularisation', regularisation, regularisation >= 0, 'at least 0')
  return pairLoss('slic', 1, logProbs, (logProb) =>
    tf.sub(tf.relu(tf.sub(margin, gap(logProb))), tf.mul(regularisation, logProb.chosen)),
  )
}

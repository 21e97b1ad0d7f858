import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta } from './check-option.ts'
import { logistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type MeasuredPairs, type ReferencePairs, gap, logProbs, logRatios, perToken } from './pairs.ts'

export interface DpoOptions {
  /** β ≥ 0: how strongly the policy is held to the reference. */
  readonly beta?: number
}

/**
 * Direct preference optimisation: the policy as its own reward model, fitted to preferences by Bradley and Terry.
 *
 *   Δ_y = log π(y | x) − log π_ref(y | x)
 *   term = −log σ(β (Δ_w − Δ_l)),   loss = mean over pairs
 *
 * TRL's `sigmoid`. Its `label_smoothing` is ignored there since 1.10 and is `conservativeDpo` or `robustDpo` here.
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: `rewards/*` are β Δ; see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Rafailov et al. 2023, arXiv:2305.18290; TRL DPOTrainer loss_type=sigmoid
 * @example reduce(dpo({ beta: 0.1 })(pairs), weight) // 0.6210
 */
export const dpo = (options: DpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('dpo', options, { beta: 0.1 })
  checkBeta('dpo', beta)
  return pairLoss('dpo', beta, logRatios, (ratio) => logistic(tf.mul(beta, gap(ratio))))
}

/**
 * Length-normalised DPO: log-ratios are means over the tokens of a completion, so that long ones are not favoured.
 *
 *   term = −log σ(β (Δ_w / n_w − Δ_l / n_l)),   loss = mean over pairs
 *
 * TRL's `sigmoid_norm`, Tülu 3's `dpo_norm`; also what self-rewarding-lm-pytorch calls DPO and SPIN. β is larger than
 * in DPO by about the length of a completion. Logged rewards are β times the *summed* log-ratio, as in TRL.
 *
 * @param options beta, default 5 (Tülu 3)
 * @param pairs   see MeasuredPairs, nats and tokens
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Lambert et al. 2024, arXiv:2411.15124; TRL DPOTrainer loss_type=sigmoid_norm
 * @example reduce(dpoPerToken({ beta: 2 })(pairs), weight) // 0.4923
 */
export const dpoPerToken = (options: DpoOptions = {}): PairLoss<MeasuredPairs> => {
  const { beta } = optionsOf('dpoPerToken', options, { beta: 5 })
  checkBeta('dpoPerToken', beta)
  return pairLoss<MeasuredPairs>('dpoPerToken', beta, logRatios, (ratio, pairs) =>
    logistic(tf.mul(beta, gap(perToken(ratio, pairs)))),
  )
}

/**
 * Reference-free DPO: DPO under a reference that is uniform.
 *
 *   term = −log σ(β (log π(y_w | x) − log π(y_l | x))),   loss = mean over pairs
 *
 * Logged rewards still are β Δ, with the reference, as in the DPO authors' code; `cpo` needs no reference at all.
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see eric-mitchell/direct-preference-optimization, preference_loss with reference_free
 * @example reduce(referenceFreeDpo({ beta: 0.1 })(pairs), weight) // 0.5981
 */
export const referenceFreeDpo = (options: DpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('referenceFreeDpo', options, { beta: 0.1 })
  checkBeta('referenceFreeDpo', beta)
  return pairLoss('referenceFreeDpo', beta, logRatios, (_, pairs) => logistic(tf.mul(beta, gap(logProbs(pairs)))))
}

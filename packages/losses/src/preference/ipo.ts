import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBetaAboveZero } from './check-option.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type MeasuredPairs, type ReferencePairs, gap, logRatios, perToken } from './pairs.ts'

export interface IpoOptions {
  /** β > 0 (the paper's τ): the margin aimed at is 1 / (2β). */
  readonly beta?: number
}

const towardsMargin = (margin: tf.Tensor1D, beta: number): tf.Tensor1D => tf.square(tf.sub(margin, 1 / (2 * beta)))

/**
 * Identity preference optimisation: regression of the margin to 1 / (2β), so that it is not driven to infinity.
 *
 *   term = (Δ_w − Δ_l − 1 / (2β))²,   loss = mean over pairs
 *
 * On *summed* log-ratios: the paper's formula read literally, the DPO authors' code, and TRL's Online DPO and XPO.
 * TRL's DPOTrainer and HALOs take means over tokens: `ipoPerToken`.
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats². Metrics: see pairMetrics
 * @throws RangeError for β ≤ 0 or a wrong shape
 * @see Azar et al. 2023, arXiv:2310.12036
 * @example reduce(ipo({ beta: 0.1 })(pairs), weight) // 12.25
 */
export const ipo = (options: IpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('ipo', options, { beta: 0.1 })
  checkBetaAboveZero('ipo', beta)
  return pairLoss('ipo', beta, logRatios, (ratio) => towardsMargin(gap(ratio), beta))
}

/**
 * IPO on length-normalised log-ratios.
 *
 *   term = (Δ_w / n_w − Δ_l / n_l − 1 / (2β))²,   loss = mean over pairs
 *
 * TRL's DPOTrainer (agreed with the authors, its comment says) and HALOs; `ipo` is the summed one. HALOs divides by the
 * number of tokens whose log-ratio is not 0, which is 0 / 0 where the policy is the reference; here by the tokens.
 * Logged rewards are β times the *summed* log-ratio, as in TRL.
 *
 * @param options beta, default 0.1
 * @param pairs   see MeasuredPairs, nats and tokens
 * @returns terms [pairs], nats². Metrics: see pairMetrics
 * @throws RangeError for β ≤ 0 or a wrong shape
 * @see Azar et al. 2023, arXiv:2310.12036; TRL DPOTrainer loss_type=ipo
 * @example reduce(ipoPerToken({ beta: 0.1 })(pairs), weight) // 22.7893
 */
export const ipoPerToken = (options: IpoOptions = {}): PairLoss<MeasuredPairs> => {
  const { beta } = optionsOf('ipoPerToken', options, { beta: 0.1 })
  checkBetaAboveZero('ipoPerToken', beta)
  return pairLoss<MeasuredPairs>('ipoPerToken', beta, logRatios, (ratio, pairs) =>
    towardsMargin(gap(perToken(ratio, pairs)), beta),
  )
}

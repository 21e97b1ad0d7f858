import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import { smoothedLogistic } from './logistic.ts'
import type { NoisyDpoOptions } from './noisy-dpo.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, gap, logProbs, logRatios } from './pairs.ts'
import { ofSameRank } from './same-rank.ts'

const checked = (caller: string, beta: number, labelSmoothing: number): void => {
  checkBeta(caller, beta)
  const holds = labelSmoothing >= 0 && labelSmoothing <= 0.5
  checkOption(caller, 'labelSmoothing', labelSmoothing, holds, 'between 0 and 1/2')
}

/**
 * Alignment via optimal transport (AOT), paired: the distribution of the policy's margins is to dominate that of the
 * reference's, quantile by quantile, instead of each margin its own.
 *
 *   d = sort(log π(y_w | x) − log π(y_l | x)) − sort(log π_ref(y_w | x) − log π_ref(y_l | x))
 *   term = −(1 − ε) log σ(β d) − ε log σ(−β d),   loss = mean over quantiles
 *
 * The batch is in every term: a row is the quantile that the pair's policy margin is, weights of pairs mean little, and
 * accumulated small batches are not a large one. TRL orders the terms by quantile.
 *
 * @param options beta, default 0.1; labelSmoothing ε in [0, 1/2], default 0
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for an option out of range or a wrong shape
 * @see Melnyk et al. 2024, arXiv:2406.05882; TRL DPOTrainer loss_type=aot
 * @example reduce(aot({ beta: 0.1 })(pairs), weight) // 0.6210
 */
export const aot = (options: NoisyDpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta, labelSmoothing } = optionsOf('aot', options, { beta: 0.1, labelSmoothing: 0 })
  checked('aot', beta, labelSmoothing)
  return pairLoss('aot', beta, logRatios, (_, pairs, told) => {
    const reference = { chosen: pairs.referenceChosenLogProb, rejected: pairs.referenceRejectedLogProb }
    const margin = gap(logProbs(pairs))
    const d = tf.sub<tf.Tensor1D>(margin, ofSameRank(margin, gap(reference), told))
    return smoothedLogistic(tf.mul(beta, d), labelSmoothing)
  })
}

/**
 * AOT, unpaired: the distribution of the log-ratios of chosen completions is to dominate that of the rejected ones,
 * whichever prompts they belong to.
 *
 *   d = sort(Δ_w) − sort(Δ_l)
 *   term = −(1 − ε) log σ(β d) − ε log σ(−β d),   loss = mean over quantiles
 *
 * The batch is in every term, as in `aot`; a row is the quantile that its chosen completion is.
 *
 * @param options beta, default 0.1; labelSmoothing ε in [0, 1/2], default 0
 * @param pairs   see ReferencePairs, nats; who is beside whom does not matter
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for an option out of range or a wrong shape
 * @see Melnyk et al. 2024, arXiv:2406.05882; TRL DPOTrainer loss_type=aot_unpaired
 * @example reduce(aotUnpaired({ beta: 0.1, labelSmoothing: 0.1 })(pairs), weight) // 0.6360
 */
export const aotUnpaired = (options: NoisyDpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta, labelSmoothing } = optionsOf('aotUnpaired', options, { beta: 0.1, labelSmoothing: 0 })
  checked('aotUnpaired', beta, labelSmoothing)
  return pairLoss('aotUnpaired', beta, logRatios, ({ chosen, rejected }, _, told) => {
    const d = tf.sub<tf.Tensor1D>(chosen, ofSameRank(chosen, rejected, told))
    return smoothedLogistic(tf.mul(beta, d), labelSmoothing)
  })
}

import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta } from './check-option.ts'
import { type CompletionLoss, labelledLoss } from './completion-loss.ts'
import type { LabelledCompletions } from './completions.ts'
import type { DpoOptions } from './dpo.ts'
import { type LabelWeights, checkLabelWeights } from './label-weights.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, gap, logRatios } from './pairs.ts'
import { type Sides, ofPairs } from './sides.ts'

/** 1 − σ(β Δ) and σ(β Δ): no loss of digits where either is small. */
const sides = (beta: number): Sides => ({
  desirable: (ratio) => tf.sigmoid(tf.mul(-beta, ratio)),
  undesirable: (ratio) => tf.sigmoid(tf.mul(beta, ratio)),
})

/**
 * Anchored preference optimisation, zero: the chosen completion up and the rejected one down. For chosen completions
 * that are better than what the policy writes.
 *
 *   term = 1 − σ(β Δ_w) + σ(β Δ_l),   loss = mean over pairs
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs]. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7; TRL DPOTrainer loss_type=apo_zero
 * @example reduce(apoZero({ beta: 0.1 })(pairs), weight) // 0.9625
 */
export const apoZero = (options: DpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('apoZero', options, { beta: 0.1 })
  checkBeta('apoZero', beta)
  return ofPairs('apoZero', beta, sides(beta))
}

/**
 * Anchored preference optimisation, down: both completions down, the rejected one further. For chosen completions that
 * are worse than what the policy writes.
 *
 *   term = σ(β Δ_w) + 1 − σ(β (Δ_w − Δ_l)),   loss = mean over pairs
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs]. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 8; TRL DPOTrainer loss_type=apo_down
 * @example reduce(apoDown({ beta: 0.1 })(pairs), weight) // 0.9751
 */
export const apoDown = (options: DpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('apoDown', options, { beta: 0.1 })
  checkBeta('apoDown', beta)
  return pairLoss('apoDown', beta, logRatios, (ratio) =>
    tf.add(tf.sigmoid(tf.mul(beta, ratio.chosen)), tf.sigmoid(tf.mul(-beta, gap(ratio)))),
  )
}

/**
 * APO-zero on single completions: KTO without its reference point.
 *
 *   term = λ_D (1 − σ(β Δ)) if desirable, else λ_U σ(β Δ),   loss = mean over completions
 *
 * @param options     beta, default 0.1; desirableWeight λ_D and undesirableWeight λ_U, default 1
 * @param completions see LabelledCompletions, nats
 * @returns terms [rows]. Metrics: see labelMetrics
 * @throws RangeError for an option below 0 or a wrong shape
 * @see D'Oosterlinck et al. 2024, arXiv:2408.06266; TRL KTOTrainer loss_type=apo_zero_unpaired
 * @example reduce(apoZeroUnpaired({ beta: 0.1 })(completions), weights) // 0.4813
 */
export const apoZeroUnpaired = (options: DpoOptions & LabelWeights = {}): CompletionLoss<LabelledCompletions> => {
  const { beta, desirableWeight, undesirableWeight } = optionsOf('apoZeroUnpaired', options, {
    beta: 0.1,
    desirableWeight: 1,
    undesirableWeight: 1,
  })
  checkBeta('apoZeroUnpaired', beta)
  checkLabelWeights('apoZeroUnpaired', desirableWeight, undesirableWeight)
  const { desirable, undesirable } = sides(beta)
  return labelledLoss<LabelledCompletions>(
    'apoZeroUnpaired',
    beta,
    (ratio) => tf.mul(desirableWeight, desirable(ratio)),
    (ratio) => tf.mul(undesirableWeight, undesirable(ratio)),
  )
}

import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { optionsOf } from '../options-of.ts'
import { checkBeta } from './check-option.ts'
import { type CompletionLoss, labelledLoss } from './completion-loss.ts'
import type { LabelledCompletions } from './completions.ts'
import type { DpoOptions } from './dpo.ts'
import { logistic } from './logistic.ts'
import type { PairLoss } from './pair-loss.ts'
import type { ReferencePairs } from './pairs.ts'
import { ofPairs } from './sides.ts'

/**
 * Binary classifier optimisation (BCO) of pairs: the policy's reward classifies chosen from rejected, around 0.
 *
 *   term = −log σ(β Δ_w) − log σ(−β Δ_l),   loss = mean over pairs
 *
 * TRL's `bco_pair`, which has no reward shift δ; `bco` has.
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Jung et al. 2024, arXiv:2404.04656; TRL DPOTrainer loss_type=bco_pair
 * @example reduce(bcoPair({ beta: 0.1 })(pairs), weight) // 1.3129
 */
export const bcoPair = (options: DpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('bcoPair', options, { beta: 0.1 })
  checkBeta('bcoPair', beta)
  return ofPairs('bcoPair', beta, {
    desirable: (ratio) => logistic(tf.mul(beta, ratio)),
    undesirable: (ratio) => logistic(tf.mul(-beta, ratio)),
  })
}

/** Completions with the point at which their reward is split. */
export interface ShiftedCompletions extends LabelledCompletions {
  /** [] or [rows] δ: the running mean of all rewards β Δ, this batch's among them; a constant */
  readonly rewardShift: tf.Scalar | tf.Tensor1D
}

/**
 * Binary classifier optimisation (BCO): the policy's reward classifies desirable from undesirable completions, around
 * the mean reward δ.
 *
 *   term = −log σ(β Δ − δ) if desirable, else −log σ(δ − β Δ),   loss = mean over completions
 *
 * δ is an input, so that the loss is one of rows: `runningMoments` of the rewards, updated *before* the loss, as in
 * TRL. Undesirable completions of another distribution of prompts get weights in the reducer (UDM): `densityRatio` of
 * @gfnlm/reweighter.
 *
 * @param options     beta, default 0.1
 * @param completions see ShiftedCompletions, nats
 * @returns terms [rows], nats. Metrics: see labelMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Jung et al. 2024, arXiv:2404.04656; TRL BCOTrainer.bco_loss
 * @example reduce(bco({ beta: 0.1 })({ ...completions, rewardShift: tf.scalar(-0.025) }), weights) // 0.6564
 */
export const bco = (options: DpoOptions = {}): CompletionLoss<ShiftedCompletions> => {
  const { beta } = optionsOf('bco', options, { beta: 0.1 })
  checkBeta('bco', beta)
  const shifted = (ratio: tf.Tensor1D, { rewardShift }: ShiftedCompletions): tf.Tensor1D =>
    tf.sub(tf.mul(beta, ratio), detach(rewardShift))
  return labelledLoss<ShiftedCompletions>(
    'bco',
    beta,
    (ratio, inputs) => logistic(shifted(ratio, inputs)),
    (ratio, inputs) => logistic(tf.neg(shifted(ratio, inputs))),
  )
}

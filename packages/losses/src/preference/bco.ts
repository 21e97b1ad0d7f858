import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { orOne } from '../terms.ts'
import { checkBeta } from './check-option.ts'
import { type CompletionLoss, labelledLoss } from './completion-loss.ts'
import type { LabelledCompletions } from './completions.ts'
import type { DpoOptions } from './dpo.ts'
import { keptRows } from '../kept-rows.ts'
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
export const bcoPair = ({ beta = 0.1 }: DpoOptions = {}): PairLoss<ReferencePairs> => {
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
export const bco = ({ beta = 0.1 }: DpoOptions = {}): CompletionLoss<ShiftedCompletions> => {
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

/** What is known of a stream of numbers. A value: the next one is made of it and a batch. */
export interface Moments {
  readonly mean: tf.Scalar
  /** Mean square deviation (divided by count). */
  readonly variance: tf.Scalar
  readonly count: tf.Scalar
}

/** Before the first batch. TRL's count of 1e-24 is 0 here, which comes to the same. */
export const noMoments = (): Moments => ({ mean: tf.scalar(0), variance: tf.scalar(1), count: tf.scalar(0) })

/**
 * The moments of a stream after one more batch (Chan's parallel update). No gradient flows through them.
 *
 *   mean' = mean + (m − mean) b / (n + b),   variance' = (variance n + v b + (m − mean)² n b / (n + b)) / (n + b)
 *
 * @param before mean, variance and count n of the stream so far
 * @param batch  values [rows] (BCO: β Δ), of which those kept count; m, v and b are theirs
 * @example
 * const after = runningMoments(before, { values: tf.mul(beta, tf.sub(policy, reference)) })
 * bco({ beta })({ policy, reference, desirable, rewardShift: after.mean })
 */
export const runningMoments = (
  { mean, variance, count }: Moments,
  batch: { readonly values: tf.Tensor1D; readonly keep?: tf.Tensor1D },
): Moments => {
  const { kept, inputs } = keptRows('runningMoments', batch)
  const counts = tf.cast(kept, 'float32')
  const values = detach(inputs.values)
  const rows = tf.sum<tf.Scalar>(counts)
  const batchMean = tf.div<tf.Scalar>(tf.sum(tf.mul(counts, values)), orOne(rows))
  const batchSquares = tf.sum<tf.Scalar>(tf.mul(counts, tf.square(tf.sub(values, batchMean))))
  const total = tf.add<tf.Scalar>(count, rows)
  const fraction = tf.div<tf.Scalar>(rows, orOne(total))
  const apart = tf.sub<tf.Scalar>(batchMean, mean)
  const between = tf.mul(tf.square(apart), tf.mul(count, fraction))
  const squares = tf.addN([tf.mul(variance, count), batchSquares, between])
  return {
    mean: tf.add(mean, tf.mul(apart, fraction)),
    variance: tf.where(tf.greater(total, 0), tf.div(squares, orOne(total)), variance),
    count: total,
  }
}

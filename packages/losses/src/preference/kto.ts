import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { meanAmong } from '../mean-among.ts'
import { optionsOf } from '../options-of.ts'
import { checkBeta } from './check-option.ts'
import { type CompletionLoss, completionLoss, isDesirable, labelMetrics } from './completion-loss.ts'
import type { LabelledCompletions } from './completions.ts'
import type { DpoOptions } from './dpo.ts'
import { type LabelWeights, checkLabelWeights } from './label-weights.ts'

/** Completions with the batch's estimate of how far the policy has gone. */
export interface ReferredCompletions extends LabelledCompletions {
  /** [] or [rows] KL(π ‖ π_ref) as estimated, which may be below 0, nats: `mismatchedKl`; a constant */
  readonly kl: tf.Scalar | tf.Tensor1D
}

/**
 * Kahneman–Tversky optimisation (KTO): desirable completions above, undesirable ones below what the policy gains on
 * average, with the diminishing returns of prospect theory. Needs labels, not pairs.
 *
 *   z = max(0, KL)
 *   term = λ_D (1 − σ(β (Δ − z))) if desirable, else λ_U (1 − σ(β (z − Δ))),   loss = mean over completions
 *
 * KL couples the rows of a batch and so is an input: `mismatchedKl` (TRL) or `mismatchedKlOfNonZero` (HALOs). It is
 * clamped here and logged as `kl`; `kl/raw` is the estimate as given, since a clamped 0 does not say how far below it
 * is. λ_D and λ_U: see `ktoWeightRanges`.
 *
 * @param options     beta, default 0.1; desirableWeight λ_D and undesirableWeight λ_U, default 1
 * @param completions see ReferredCompletions, nats
 * @returns terms [rows]. Metrics: kl, kl/raw (means over the rows), and those of labelMetrics
 * @throws RangeError for an option below 0 or a wrong shape
 * @see Ethayarajh et al. 2024, arXiv:2402.01306; TRL KTOTrainer loss_type=kto; HALOs KTOTrainer
 * @example reduce(kto({ beta: 0.1 })({ ...completions, kl: tf.scalar(0.56) }), weights) // 0.4813
 */
export const kto = (options: DpoOptions & LabelWeights = {}): CompletionLoss<ReferredCompletions> => {
  const { beta, desirableWeight, undesirableWeight } = optionsOf('kto', options, {
    beta: 0.1,
    desirableWeight: 1,
    undesirableWeight: 1,
  })
  checkBeta('kto', beta)
  checkLabelWeights('kto', desirableWeight, undesirableWeight)
  const logged = labelMetrics(beta)
  return completionLoss<ReferredCompletions>(
    'kto',
    (ratio, inputs) => {
      const gain: tf.Tensor1D = tf.mul(beta, tf.sub(ratio, tf.relu(detach(inputs.kl))))
      const desirable: tf.Tensor1D = tf.mul(desirableWeight, tf.sigmoid(tf.neg(gain)))
      const undesirable: tf.Tensor1D = tf.mul(undesirableWeight, tf.sigmoid(gain))
      return tf.where(isDesirable(inputs), desirable, undesirable)
    },
    (ratio, inputs, told) => {
      const { kl } = inputs
      const raw = kl.rank === 0 ? (kl as tf.Scalar) : meanAmong(kl as tf.Tensor1D, told)
      return { ...logged(ratio, inputs, told), kl: tf.relu(raw), 'kl/raw': raw }
    },
  )
}

import * as tf from '@tensorflow/tfjs-core'
import { type Keepable, keptRows } from '../kept-rows.ts'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { checkOption } from './check-option.ts'
import { dpo } from './dpo.ts'
import type { PairLoss } from './pair-loss.ts'
import type { ReferencePairs } from './pairs.ts'

/** Two completions of each prompt: y drawn from the policy, y′ from the reference, and which of them is preferred. */
export interface ExploredPairs extends Keepable {
  /** [pairs] log π(y | x), nats */
  readonly ownLogProb: tf.Tensor1D
  /** [pairs] log π_ref(y | x), nats */
  readonly referenceOwnLogProb: tf.Tensor1D
  /** [pairs] log π(y′ | x), nats */
  readonly otherLogProb: tf.Tensor1D
  /** [pairs] log π_ref(y′ | x), nats */
  readonly referenceOtherLogProb: tf.Tensor1D
  /** [pairs] 1 where y, the policy's own, is preferred */
  readonly ownPreferred: tf.Tensor1D
}

export interface XpoOptions {
  /** α ≥ 0 of the optimism. */
  readonly alpha?: number
  /** The loss of the pairs, default `dpo()`; TRL's other choice is `ipo`. */
  readonly pairLoss?: PairLoss<ReferencePairs>
}

/**
 * Exploratory preference optimisation (XPO): online DPO that is optimistic about what the policy does not write.
 *
 *   term = DPO(y_w, y_l) + α log π(y′ | x),   loss = mean over pairs
 *
 * where y_w and y_l are y ~ π and y′ ~ π_ref in the order of preference: what the reference writes is made less likely,
 * which moves probability to completions nobody has seen.
 *
 * @param options alpha, default 1e-5 (the paper's), and the loss of the pairs
 * @param pairs   see ExploredPairs, nats
 * @returns terms [pairs], nats. Metrics: those of the loss of the pairs
 * @throws RangeError for α < 0 or a wrong shape
 * @see Xie et al. 2024, arXiv:2405.21046; TRL XPOTrainer
 * @example
 * const { chosenLogProb: ownLogProb, referenceChosenLogProb: referenceOwnLogProb } = pairs
 * const { rejectedLogProb: otherLogProb, referenceRejectedLogProb: referenceOtherLogProb } = pairs
 * const explored = { ownLogProb, referenceOwnLogProb, otherLogProb, referenceOtherLogProb, ownPreferred: weight }
 * reduce(xpo({ alpha: 0.01 })(explored), weight) // 0.4810
 */
export const xpo = (options: XpoOptions = {}): ((pairs: ExploredPairs) => Terms) => {
  const { alpha, pairLoss } = optionsOf('xpo', options, { alpha: 1e-5, pairLoss: dpo() })
  checkOption('xpo', 'alpha', alpha, alpha >= 0, 'at least 0')
  return (given) => {
    const { kept, inputs } = keptRows('xpo', given)
    const { ownLogProb, otherLogProb, referenceOwnLogProb, referenceOtherLogProb } = inputs
    const own = tf.greater(inputs.ownPreferred, 0)
    const found = pairLoss({
      chosenLogProb: tf.where(own, ownLogProb, otherLogProb),
      rejectedLogProb: tf.where(own, otherLogProb, ownLogProb),
      referenceChosenLogProb: tf.where(own, referenceOwnLogProb, referenceOtherLogProb),
      referenceRejectedLogProb: tf.where(own, referenceOtherLogProb, referenceOwnLogProb),
      keep: kept,
    })
    const optimism = tf.where(kept, tf.mul(alpha, otherLogProb), tf.zerosLike(otherLogProb))
    return { ...found, terms: tf.add(found.terms, optimism) }
  }
}

import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta } from './check-option.ts'
import type { CompletionLoss } from './completion-loss.ts'
import type { LabelledCompletions } from './completions.ts'
import type { DpoOptions } from './dpo.ts'
import { logistic } from './logistic.ts'
import type { PairLoss } from './pair-loss.ts'
import type { ReferencePairs } from './pairs.ts'
import { type Sides, ofCompletions, ofPairs } from './sides.ts'

const sides = (beta: number): Sides => {
  const noise = (ratio: tf.Tensor1D): tf.Tensor1D => tf.mul(0.5, logistic(tf.mul(-beta, ratio)))
  return { desirable: (ratio) => tf.add(logistic(tf.mul(beta, ratio)), noise(ratio)), undesirable: noise }
}

/**
 * Noise contrastive alignment (NCA): the chosen completion's likelihood goes up by itself, not only above the other's.
 *
 *   term = −log σ(β Δ_w) − ½ log σ(−β Δ_w) − ½ log σ(−β Δ_l),   loss = mean over pairs
 *
 * @param options beta, default 0.1
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats. Metrics: see pairMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Chen et al. 2024, arXiv:2402.05369; TRL DPOTrainer loss_type=nca_pair
 * @example reduce(nca({ beta: 0.1 })(pairs), weight) // 1.3499
 */
export const nca = (options: DpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('nca', options, { beta: 0.1 })
  checkBeta('nca', beta)
  return ofPairs('nca', beta, sides(beta))
}

/**
 * NCA on single completions, so that each side of a pair has a weight of its own.
 *
 *   term = −log σ(β Δ) − ½ log σ(−β Δ) if desirable, else −½ log σ(−β Δ),   loss = mean over completions
 *
 * Half of `nca` where the completions are the pairs', because it is a mean over twice as many rows.
 *
 * @param options     beta, default 0.1
 * @param completions see LabelledCompletions, nats
 * @returns terms [rows], nats. Metrics: see labelMetrics
 * @throws RangeError for β < 0 or a wrong shape
 * @see Chen et al. 2024, arXiv:2402.05369
 * @example reduce(ncaUnpaired({ beta: 0.1 })(completions), weights) // 0.6749
 */
export const ncaUnpaired = (options: DpoOptions = {}): CompletionLoss<LabelledCompletions> => {
  const { beta } = optionsOf('ncaUnpaired', options, { beta: 0.1 })
  checkBeta('ncaUnpaired', beta)
  return ofCompletions('ncaUnpaired', beta, sides(beta))
}

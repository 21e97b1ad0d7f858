import * as tf from '@tensorflow/tfjs-core'
import { checkRank } from '../check-shape.ts'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkBetaAboveZero } from './check-option.ts'
import { type CompletionLoss, completionLoss, rewardMetrics } from './completion-loss.ts'
import type { Completions } from './completions.ts'
import type { DpoOptions } from './dpo.ts'

/** Completions with their rewards and what their prompts are worth. */
export interface ValuedCompletions extends Completions {
  /** [rows] r(x, y) */
  readonly reward: tf.Tensor1D
  /** [rows] V*(x): `optimalValue` of the row's prompt; a constant */
  readonly value: tf.Tensor1D
}

/**
 * A*-PO: the log-ratio of each completion is regressed to its advantage over the optimal value of its prompt.
 *
 *   term = (β Δ − (r − V*))²,   loss = mean over completions
 *
 * One completion a prompt is enough, since V* was estimated beforehand from the reference's.
 *
 * @param options     beta, default 1e-3 (the paper's β₂)
 * @param completions see ValuedCompletions, nats and units of reward
 * @returns terms [rows]. Metrics: rewards/mean, the mean of β Δ
 * @throws RangeError for β < 0 or a wrong shape
 * @see Brantley et al. 2025, arXiv:2505.20686; TRL A2POTrainer
 * @example
 * const [reward, value] = [tf.tensor1d([1, 0]), tf.tensor1d([0.7169, 0])]
 * reduce(aStarPo({ beta: 0.1 })({ ...completions, reward, value }), weights) // 0.0322
 */
export const aStarPo = (options: DpoOptions = {}): CompletionLoss<ValuedCompletions> => {
  const { beta } = optionsOf('aStarPo', options, { beta: 1e-3 })
  checkBeta('aStarPo', beta)
  return completionLoss<ValuedCompletions>(
    'aStarPo',
    (ratio, { reward, value }) => tf.square(tf.sub(tf.mul(beta, ratio), tf.sub(reward, value))),
    rewardMetrics(beta),
    ['reward', 'value'],
  )
}

/**
 * The value of a prompt under the best policy that stays near the reference, from samples of the reference.
 *
 *   V*(x) = β log mean_i e^{r(x, y_i) / β},   y_i ~ π_ref
 *
 * @param rewards [prompts, samples] r(x, y_i)
 * @param beta    β > 0 (the paper's β₁, default 0.5)
 * @returns [prompts]; −∞ where all rewards are, +∞ where one is
 * @throws RangeError for β ≤ 0 or a wrong shape
 * @see Brantley et al. 2025, arXiv:2505.20686
 * @example optimalValue(tf.tensor2d([[1, 0, 0, 1]]), 0.5) // 0.7169
 */
export const optimalValue = (rewards: tf.Tensor2D, beta: number = 0.5): tf.Tensor1D => {
  checkBetaAboveZero('optimalValue', beta)
  checkRank('optimalValue', 'rewards', rewards, ['prompts', 'samples'])
  const most = tf.max<tf.Tensor2D>(rewards, 1, true)
  // ∞ − ∞ is not a number: where the greatest is ±∞ it is the value.
  const infinite = tf.equal<tf.Tensor2D>(tf.abs(most), Infinity)
  const held = tf.where(tf.tile(infinite, [1, rewards.shape[1]]), tf.zerosLike(rewards), rewards)
  const value = tf.mul(beta, tf.sub(tf.logSumExp(tf.div(held, beta), 1), Math.log(rewards.shape[1])))
  return tf.where(tf.squeeze<tf.Tensor1D>(infinite, [1]), tf.squeeze<tf.Tensor1D>(most, [1]), value) as tf.Tensor1D
}

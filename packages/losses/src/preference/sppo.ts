import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBetaAboveZero } from './check-option.ts'
import { type CompletionLoss, completionLoss, rewardMetrics } from './completion-loss.ts'
import type { Completions } from './completions.ts'
import type { IpoOptions } from './ipo.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, logRatios } from './pairs.ts'

/** How far a log-ratio is from what a win rate P against the policy asks for: (Δ − (P − ½) / β)². */
const towardsWinRate = (ratio: tf.Tensor1D, winRate: tf.Tensor | number, beta: number): tf.Tensor1D =>
  tf.square(tf.sub(ratio, tf.div(tf.sub(winRate, 0.5), beta)))

/**
 * Self-play preference optimisation (SPPO), hard: SPPO where the chosen completion always wins.
 *
 *   term = (Δ_w − 1 / (2β))² + (Δ_l + 1 / (2β))²,   loss = mean over pairs
 *
 * TRL's `sppo_hard`. `sppo` takes estimated win rates and a weight for each completion.
 *
 * @param options beta > 0, default 0.1 (the paper's η is 1 / β)
 * @param pairs   see ReferencePairs, nats
 * @returns terms [pairs], nats². Metrics: see pairMetrics
 * @throws RangeError for β ≤ 0 or a wrong shape
 * @see Wu et al. 2024, arXiv:2405.00675; TRL DPOTrainer loss_type=sppo_hard
 * @example reduce(sppoHard({ beta: 0.1 })(pairs), weight) // 36.25
 */
export const sppoHard = (options: IpoOptions = {}): PairLoss<ReferencePairs> => {
  const { beta } = optionsOf('sppoHard', options, { beta: 0.1 })
  checkBetaAboveZero('sppoHard', beta)
  return pairLoss('sppoHard', beta, logRatios, ({ chosen, rejected }) =>
    tf.add(towardsWinRate(chosen, 1, beta), towardsWinRate(rejected, 0, beta)),
  )
}

/** Completions with how often each is preferred to one of the policy's own. */
export interface RatedCompletions extends Completions {
  /** [rows] estimated P(y ≻ π | x), 0 to 1; taken as it is, so that the caller answers for an estimate outside */
  readonly winRate: tf.Tensor1D
}

/**
 * Self-play preference optimisation (SPPO): the log-ratio of each completion is regressed to its advantage over the
 * policy, which is one step of multiplicative weights towards the Nash equilibrium.
 *
 *   term = (Δ − (P(y ≻ π | x) − ½) / β)²,   loss = mean over completions
 *
 * The normaliser log Z of the update is taken as ½ / β, as in the paper.
 *
 * @param options     beta > 0, default 0.1 (the paper's η is 1 / β)
 * @param completions see RatedCompletions, nats and probabilities
 * @returns terms [rows], nats². Metrics: rewards/mean, the mean of β Δ
 * @throws RangeError for β ≤ 0 or a wrong shape
 * @see Wu et al. 2024, arXiv:2405.00675, eq. 4.5
 * @example reduce(sppo({ beta: 0.1 })({ ...completions, winRate: tf.tensor1d([0.9, 0.4]) }), weights) // 6.125
 */
export const sppo = (options: IpoOptions = {}): CompletionLoss<RatedCompletions> => {
  const { beta } = optionsOf('sppo', options, { beta: 0.1 })
  checkBetaAboveZero('sppo', beta)
  return completionLoss<RatedCompletions>(
    'sppo',
    (ratio, { winRate }) => towardsWinRate(ratio, winRate, beta),
    rewardMetrics(beta),
  )
}

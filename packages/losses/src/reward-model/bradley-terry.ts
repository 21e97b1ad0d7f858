import * as tf from '@tensorflow/tfjs-core'
import type { Keepable } from '../kept-rows.ts'
import { meanAmong } from '../mean-among.ts'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { scoreLoss } from './score-loss.ts'

export interface ScoredPairs extends Keepable {
  /** [rows] score of the preferred completion of each pair */
  readonly chosen: tf.Tensor1D
  /** [rows] score of the other */
  readonly rejected: tf.Tensor1D
  /** [rows] by how much the preferred one must lead, in units of score; absent: 0 */
  readonly margin?: tf.Tensor1D
}

export interface BradleyTerryOptions {
  /** What the squared sum of a pair's scores costs; default 0. */
  readonly centring?: number
}

/**
 * Bradley–Terry: how surprising the preferences are if they follow the scores.
 *
 *   term = −log σ(s_w − s_l − m) + c (s_w + s_l)²
 *
 * m is Llama 2's margin. Only differences of scores are learned from preferences; the centring c keeps their mean near
 * 0 (TRL's `center_rewards_coefficient`, 0.01 where it is used). A tie counts as wrong in `accuracy`, as in TRL's
 * trainer, and not at all in `accuracy_without_ties`, as in its metric.
 *
 * @param options.centring c; default 0
 * @returns terms [rows], nats. Metrics: accuracy, accuracy_without_ties, margin (mean of s_w − s_l), min_reward,
 * mean_reward, max_reward
 * @throws RangeError for a wrong shape or a negative c
 * @see Bradley and Terry 1952; Touvron et al. 2023, arXiv:2307.09288 (margin); Eisenstein et al. 2023,
 * arXiv:2312.09244 (centring); TRL RewardTrainer
 * @example reduce(bradleyTerry({ centring: 0.01 })({ chosen, rejected }), weight)
 */
export const bradleyTerry = (options: BradleyTerryOptions = {}): ((pairs: ScoredPairs) => Terms) => {
  const { centring } = optionsOf('bradleyTerry', options, { centring: 0 })
  if (!(centring >= 0 && centring < Infinity))
    throw new RangeError(`bradleyTerry: centring must be at least 0, found ${centring}`)
  return scoreLoss('bradleyTerry', ({ chosen, rejected, margin }, told) => {
    const lead: tf.Tensor1D = tf.sub(chosen, rejected)
    const surprise: tf.Tensor1D = tf.softplus(tf.neg(margin === undefined ? lead : tf.sub(lead, margin)))
    const right = tf.greater<tf.Tensor1D>(chosen, rejected)
    const untied = tf.logicalAnd<tf.Tensor1D>(told, tf.notEqual(chosen, rejected))
    return {
      terms: centring === 0 ? surprise : tf.add(surprise, tf.mul(centring, tf.square(tf.add(chosen, rejected)))),
      scores: [chosen, rejected],
      metrics: {
        accuracy: meanAmong(right, told),
        accuracy_without_ties: meanAmong(right, untied),
        margin: meanAmong(lead, told),
      },
    }
  })
}

import * as tf from '@tensorflow/tfjs-core'
import { type Regression, squared } from '../gflownet/regression.ts'
import type { Keepable } from '../kept-rows.ts'
import { meanAmong } from '../mean-among.ts'
import { optionsOf } from '../options-of.ts'
import type { Terms } from '../terms.ts'
import { scoreLoss } from './score-loss.ts'

export interface RatedScores extends Keepable {
  /** [rows] score of each completion */
  readonly score: tf.Tensor1D
  /** [rows] the rating it should have, in units of score */
  readonly target: tf.Tensor1D
}

/**
 * Pointwise reward regression: a score for each completion, learned from ratings of single completions.
 *
 *   term = g(s − r),   g(t) = t² by default
 *
 * @param options.regression g; default `squared` (mean squared error)
 * @returns terms [rows], score². Metrics: absolute_error (its mean), min_reward, mean_reward, max_reward
 * @throws RangeError for a wrong shape
 * @see Wang et al. 2024, HelpSteer2, arXiv:2406.08673 (regression reward models)
 * @example reduce(rewardRegression()({ score, target }), weight)
 */
export const rewardRegression = (
  options: { readonly regression?: Regression } = {},
): ((inputs: RatedScores) => Terms) => {
  const { regression } = optionsOf('rewardRegression', options, { regression: squared })
  return scoreLoss('rewardRegression', ({ score, target }, told) => {
    const residual: tf.Tensor1D = tf.sub(score, target)
    return {
      terms: regression(residual),
      scores: [score],
      metrics: { absolute_error: meanAmong(tf.abs(residual), told) },
    }
  })
}

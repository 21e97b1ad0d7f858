import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { type Regression, squared } from '../gflownet/regression.ts'
import { sequenceMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { scoreMetrics } from './score-metrics.ts'

export interface RatedScores {
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
export const rewardRegression =
  ({ regression = squared }: { readonly regression?: Regression } = {}): ((inputs: RatedScores) => Terms) =>
  ({ score, target }) => {
    checkRank('rewardRegression', 'score', score, ['rows'])
    checkShape('rewardRegression', 'target', target, { rows: score.shape[0] })
    const residual: tf.Tensor1D = tf.sub(score, target)
    return {
      terms: regression(residual),
      ...sequenceMean(tf.onesLike(score)),
      metrics: { absolute_error: tf.mean(tf.abs(residual)), ...scoreMetrics(score) },
    }
  }

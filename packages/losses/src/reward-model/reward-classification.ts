import * as tf from '@tensorflow/tfjs-core'
import type { Keepable } from '../kept-rows.ts'
import { meanAmong } from '../mean-among.ts'
import type { Terms } from '../terms.ts'
import { scoreLoss } from './score-loss.ts'

export interface LabelledScores extends Keepable {
  /** [rows] score of each completion: the log-odds that it is desirable */
  readonly score: tf.Tensor1D
  /** [rows] 1 for a desirable completion, 0 for one that is not, between them where raters disagree */
  readonly label: tf.Tensor1D
}

/**
 * Pointwise reward classification: binary cross-entropy of a score as log-odds, learned from labels of single
 * completions (thumbs up, thumbs down).
 *
 *   term = −y log σ(s) − (1 − y) log σ(−s) = softplus(s) − y s
 *
 * @returns terms [rows], nats. Metrics: accuracy (the sign of the score against the label), min_reward, mean_reward,
 * max_reward
 * @throws RangeError for a wrong shape
 * @see torch.nn.functional.binary_cross_entropy_with_logits
 * @example reduce(rewardClassification()({ score, label }), weight)
 */
export const rewardClassification = (): ((inputs: LabelledScores) => Terms) =>
  scoreLoss('rewardClassification', ({ score, label }, told) => ({
    terms: tf.sub(tf.softplus(score), tf.mul(label, score)),
    scores: [score],
    metrics: { accuracy: meanAmong(tf.equal(tf.greater(score, 0), tf.greater(label, 0.5)), told) },
  }))

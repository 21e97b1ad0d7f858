import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { sequenceMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { scoreMetrics } from './score-metrics.ts'

export interface LabelledScores {
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
 * @example reduce(rewardClassification({ score, label }), weight)
 */
export const rewardClassification = ({ score, label }: LabelledScores): Terms => {
  checkRank('rewardClassification', 'score', score, ['rows'])
  checkShape('rewardClassification', 'label', label, { rows: score.shape[0] })
  const right = tf.equal(tf.greater(score, 0), tf.greater(label, 0.5))
  return {
    terms: tf.sub(tf.softplus(score), tf.mul(label, score)),
    ...sequenceMean(tf.onesLike(score)),
    metrics: { accuracy: tf.mean(tf.cast(right, 'float32')), ...scoreMetrics(score) },
  }
}

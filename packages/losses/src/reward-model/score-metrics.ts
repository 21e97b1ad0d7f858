import * as tf from '@tensorflow/tfjs-core'

/** `min_reward`, `mean_reward` and `max_reward` of the scores given, as TRL's RewardTrainer logs them. */
export const scoreMetrics = (scores: tf.Tensor1D): Record<string, tf.Scalar> => ({
  min_reward: tf.min(scores),
  mean_reward: tf.mean(scores),
  max_reward: tf.max(scores),
})

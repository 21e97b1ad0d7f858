import { type Sharing, sequenceMean, tokenMean } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'

/** What torchtune adds to every number of elements. */
const EPSILON = 1e-8

/** n / (n + 1e-8) of each row, or of all. */
const shortOf = <T extends tf.Tensor>(count: T): T => tf.div(count, tf.add(count, EPSILON))

/** The mean over tokens as torchtune has it: lower by 1e-8 / n of itself. */
export const tokenMeanTorchtune: Sharing = (mask) => {
  const { share, mass } = tokenMean(mask)
  return { share: tf.mul(share, shortOf(tf.sum(mask))), mass }
}

/** The mean over completions of such means. */
export const sequenceMeanTorchtune: Sharing = (mask) => {
  const { share, mass } = sequenceMean(mask)
  return { share: tf.mul(share, shortOf(tf.sum(mask, 1, true))), mass }
}

/** What a metric that is a mean over these tokens is in torchtune. */
export const metricOf = (metric: tf.Scalar, mask: tf.Tensor): number =>
  tf.mul(metric, shortOf(tf.sum(mask))).dataSync()[0]

import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { type Keepable, keptRows } from '../kept-rows.ts'
import { orOne } from '../terms.ts'

/** What is known of a stream of numbers. A value: the next one is made of it and a batch. */
export interface Moments {
  readonly mean: tf.Scalar
  /** Mean square deviation (divided by count). */
  readonly variance: tf.Scalar
  readonly count: tf.Scalar
}

/** Before the first batch. TRL's count of 1e-24 is 0 here, which comes to the same. */
export const noMoments = (): Moments => ({ mean: tf.scalar(0), variance: tf.scalar(1), count: tf.scalar(0) })

/**
 * The moments of a stream after one more batch (Chan's parallel update). No gradient flows through them.
 *
 *   mean' = mean + (m − mean) b / (n + b),   variance' = (variance n + v b + (m − mean)² n b / (n + b)) / (n + b)
 *
 * @param before mean, variance and count n of the stream so far
 * @param batch  values [rows] (BCO: β Δ), of which those kept count; m, v and b are theirs
 * @example
 * const after = runningMoments(before, { values: tf.mul(beta, tf.sub(logProb, referenceLogProb)) })
 * bco({ beta })({ logProb, referenceLogProb, desirable, rewardShift: after.mean })
 */
export const runningMoments = (
  { mean, variance, count }: Moments,
  batch: Keepable & { readonly values: tf.Tensor1D },
): Moments => {
  const { told, inputs } = keptRows('runningMoments', batch)
  const counts = tf.cast(told, 'float32')
  const values = detach(inputs.values)
  const rows = tf.sum<tf.Scalar>(counts)
  const batchMean = tf.div<tf.Scalar>(tf.sum(tf.mul(counts, values)), orOne(rows))
  const batchSquares = tf.sum<tf.Scalar>(tf.mul(counts, tf.square(tf.sub(values, batchMean))))
  const total = tf.add<tf.Scalar>(count, rows)
  const fraction = tf.div<tf.Scalar>(rows, orOne(total))
  const apart = tf.sub<tf.Scalar>(batchMean, mean)
  const between = tf.mul(tf.square(apart), tf.mul(count, fraction))
  const squares = tf.addN([tf.mul(variance, count), batchSquares, between])
  return {
    mean: tf.add(mean, tf.mul(apart, fraction)),
    variance: tf.where(tf.greater(total, 0), tf.div(squares, orOne(total)), variance),
    count: total,
  }
}

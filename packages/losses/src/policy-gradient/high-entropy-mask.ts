import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { both } from './surrogate.ts'

/** The q-quantile of the counted entries of a flat x, linear between neighbours. */
const quantile = (x: tf.Tensor1D, counts: tf.Tensor1D, q: number): tf.Tensor1D => {
  const beyond = -1e30
  const { values } = tf.topk(tf.where(counts, x, tf.fill([x.size], beyond)), x.size)
  const count = tf.sum(tf.cast(counts, 'float32'))
  // Descending: the largest is at 0, the smallest counted one at count − 1.
  const at = tf.mul(1 - q, tf.relu(tf.sub(count, 1)))
  const [below, above] = [tf.ceil(at), tf.floor(at)]
  const pick = (i: tf.Tensor): tf.Tensor1D => tf.gather(values as tf.Tensor1D, tf.reshape(tf.cast(i, 'int32'), [1]))
  const share = tf.sub(below, at)
  return tf.add(tf.mul(share, pick(above)), tf.mul(tf.sub(1, share), pick(below)))
}

/**
 * Which tokens are forks: those whose entropy is at or above a quantile of the batch's. Learning from the fifth of the
 * tokens with the most entropy alone is as good as from all. It couples the rows of a batch, hence it is no part of a
 * loss but a factor of `correction`; a constant.
 *
 * @param threshold 0 to 1: 0.8 keeps a fifth (TRL's `top_entropy_quantile` is 1 less this)
 * @param entropy   [rows, steps] nats
 * @param mask      [rows, steps] 1 where a token counts; nothing else is read
 * @returns [rows, steps] 1 or 0; 0 everywhere where nothing counts
 * @throws RangeError for a wrong shape or quantile
 * @see Wang et al. 2025, "Beyond the 80/20 rule", arXiv:2506.01939; TRL get_high_entropy_mask
 */
export const highEntropyMask =
  (threshold: number) =>
  (entropy: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D => {
    if (!(threshold >= 0 && threshold <= 1))
      throw new RangeError(`highEntropyMask: the quantile must be within 0 and 1, found ${threshold}`)
    checkRank('highEntropyMask', 'entropy', entropy, ['rows', 'steps'])
    const [rows, steps] = entropy.shape
    checkShape('highEntropyMask', 'mask', mask, { rows, steps })
    const counts = tf.greater<tf.Tensor2D>(tf.cast(mask, 'float32'), 0)
    const flat = <T extends tf.Tensor>(x: T): tf.Tensor1D => tf.reshape(x, [rows * steps])
    const least = quantile(flat(entropy), flat(counts), threshold)
    return detach(both(counts, tf.greaterEqual(entropy, tf.reshape(least, [1, 1]))))
  }

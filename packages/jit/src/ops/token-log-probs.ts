import * as tf from '@tensorflow/tfjs-core'
import { flatIds } from './flat-ids.ts'
import { scatterAdd } from './scatter-add.ts'

/**
 * Log-probabilities of given tokens: the logit gathered, minus the row's log-sum-exp. No one-hot of the vocabulary,
 * no log-softmax of all of it; the gradient is one softmax and k numbers added to each row.
 *
 *   log p(id) = logits[id] − log Σ_v exp logits[v],   ∂/∂logits[v] = 1[v = id] − softmax(logits)[v]
 *
 * Computed as (logit − largest logit) + log(largest probability): exact in fp32 however far the logits are from 0,
 * because that probability is never small and the logits are subtracted from each other first.
 *
 * @param logits [n, vocab]
 * @param ids [n, k] int32, from 0 to vocab − 1, which is not checked here: see `flatIds`
 * @returns [n, k] nats
 * @throws RangeError where n · vocab is more than int32 counts
 */
export const tokenLogProbs = (logits: tf.Tensor2D, ids: tf.Tensor2D): tf.Tensor2D => {
  const [n, vocab] = logits.shape
  const k = ids.shape[1]
  const at = tf.reshape<tf.Rank.R1>(flatIds(ids, vocab), [n * k])
  const forward = tf.customGrad((...given) => {
    const [x, save] = given as unknown as [tf.Tensor, tf.GradSaveFunc]
    const probabilities = tf.softmax(x)
    const taken = tf.reshape(tf.gather(tf.reshape(x, [n * vocab]), at), [n, k])
    // what a gradient reads must be saved, and only inputs may be: a saved intermediate counts as a constant in turn
    save([x, at])
    return {
      value: tf.add(tf.sub(taken, tf.max(x, -1, true)), tf.log(tf.max(probabilities, -1, true))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, at] = saved as [tf.Tensor, tf.Tensor1D]
        const spread = tf.mul(tf.softmax(x), tf.neg(tf.sum(dy, -1, true)))
        return tf.reshape(scatterAdd(tf.reshape(spread, [n * vocab]), at, tf.reshape(dy, [n * k])), [n, vocab])
      },
    }
  })
  return forward(logits) as tf.Tensor2D
}

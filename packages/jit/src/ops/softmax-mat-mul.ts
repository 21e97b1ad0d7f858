import * as tf from '@tensorflow/tfjs-core'

/**
 * softmax(scores) · values over the last axis of the scores: what attention does with its scores.
 *
 * With P the softmax, O the result and Ō its gradient, the gradients are P ∘ (Ōvᵀ − d) for the scores, where d sums each
 * row of Ō ∘ O, and PᵀŌ for the values. A row of P ∘ Ōvᵀ has the same sum, but is as wide as the scores are, not as the
 * values: two passes over the widest array of attention fewer.
 *
 * @param scores [..., n, m] float32
 * @param values [..., m, d], of the same leading axes
 * @returns [..., n, d]
 * @see Dao et al. 2022, arXiv:2205.14135, appendix B.2
 * @example softmaxMatMul(tf.tensor3d([[[0, 0]]]), tf.tensor3d([[[1], [3]]])) // => [[[2]]]
 */
export const softmaxMatMul: <T extends tf.Tensor>(scores: T, values: T) => T = /* #__PURE__ */ tf.customGrad(
  (...given) => {
    const [scores, values, save] = given as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    save([scores, values])
    return {
      value: tf.matMul(tf.softmax(scores), values),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [scores, values] = saved as [tf.Tensor, tf.Tensor]
        const weights = tf.softmax(scores)
        const own = tf.sum(tf.mul(dy, tf.matMul(weights, values)), -1, true)
        return [tf.mul(weights, tf.sub(tf.matMul(dy, values, false, true), own)), tf.matMul(weights, dy, true, false)]
      },
    }
  },
) as <T extends tf.Tensor>(scores: T, values: T) => T

import * as tf from '@tensorflow/tfjs-core'

/** How far a student's next-token distribution is from its teacher's: logits [n, vocab] of both → [n], nats. */
export type Divergence = (student: tf.Tensor2D, teacher: tf.Tensor2D) => tf.Tensor1D

/** Σ_v p r over the tokens of positive probability: 0 log 0 = 0. */
const expected = (p: tf.Tensor2D, r: tf.Tensor2D): tf.Tensor2D =>
  tf.sum(tf.where(tf.greater(p, 0), tf.mul(p, r), tf.zerosLike(p)), -1, true)

/** D of the two tables of log-probabilities [n, vocab] → [n, 1], and its gradient in the student's logits. */
interface Formula {
  readonly value: (logS: tf.Tensor2D, logT: tf.Tensor2D) => tf.Tensor2D
  readonly gradient: (logS: tf.Tensor2D, logT: tf.Tensor2D) => tf.Tensor2D
}

/**
 * A divergence with its own gradient, which takes the two softmaxes again from the logits: nothing of the size of the
 * vocabulary is kept between the passes. The teacher is a constant.
 */
const divergence =
  ({ value, gradient }: Formula): Divergence =>
  (student, teacher) =>
    tf.customGrad((...given) => {
      const [logits, save] = given as unknown as [tf.Tensor2D, tf.GradSaveFunc]
      save([logits, teacher])
      return {
        value: tf.squeeze(value(tf.logSoftmax(logits), tf.logSoftmax(teacher)), [-1]),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const [logS, logT] = saved.map((x) => tf.logSoftmax(x as tf.Tensor2D))
          return tf.mul(gradient(logS, logT), tf.expandDims(dy, -1))
        },
      }
    })(student) as tf.Tensor1D

/** S ⊙ (r − Σ S r): how E_S[r] changes with the logits of S, r's own change aside. A token that has no r has none. */
const tilt = (logS: tf.Tensor2D, r: tf.Tensor2D): tf.Tensor2D => {
  const finite = tf.where(tf.isFinite(r), r, tf.zerosLike(r))
  const s = tf.exp(logS)
  return tf.mul(s, tf.sub(finite, expected(s, finite)))
}

/** KL(T‖S) = Σ T (log T − log S): the student covers what the teacher does. ∂ = S − T. */
export const forwardKL: Divergence = divergence({
  value: (logS, logT) => expected(tf.exp(logT), tf.sub(logT, logS)),
  gradient: (logS, logT) => tf.sub(tf.exp(logS), tf.exp(logT)),
})

/** KL(S‖T) = Σ S (log S − log T): the student keeps to what the teacher does. ∂ = S (log S/T − KL). */
export const reverseKL: Divergence = divergence({
  value: (logS, logT) => expected(tf.exp(logS), tf.sub(logS, logT)),
  gradient: (logS, logT) => tilt(logS, tf.sub(logS, logT)),
})

/** log((1 − β) S + β T), stable where either vanishes. */
const logMixture = (beta: number, logS: tf.Tensor2D, logT: tf.Tensor2D): tf.Tensor2D => {
  const [s, t] = [tf.add(logS, Math.log1p(-beta)), tf.add(logT, Math.log(beta))]
  return tf.add(tf.maximum(s, t), tf.log1p(tf.exp(tf.neg(tf.abs(tf.sub(s, t))))))
}

/** β KL(T‖M) + (1 − β) KL(S‖M), M = (1 − β) S + β T. ∂ = (1 − β) S (log S/M − KL(S‖M)). */
export const jensenShannon = (beta: number): Divergence =>
  divergence({
    value: (logS, logT) => {
      const logM = logMixture(beta, logS, logT)
      const [ofT, ofS] = [expected(tf.exp(logT), tf.sub(logT, logM)), expected(tf.exp(logS), tf.sub(logS, logM))]
      return tf.add(tf.mul(beta, ofT), tf.mul(1 - beta, ofS))
    },
    gradient: (logS, logT) => tf.mul(1 - beta, tilt(logS, tf.sub(logS, logMixture(beta, logS, logT)))),
  })

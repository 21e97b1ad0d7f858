import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { detach } from '../detach.ts'
import { optionsOf } from '../options-of.ts'
import { anyRuledOut, finite, untaught } from '../ruled-out.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'

export interface OnPolicyDistillationInputs {
  /** [rows, steps] log π of each token, which the student drew itself, nats. Anything where the mask is 0. */
  readonly logProb: tf.Tensor2D
  /** [rows, steps] log-probability that the teacher gives the token, nats; a constant */
  readonly teacherLogProb: tf.Tensor2D
  /** [rows, steps] 1 where a token was the student's choice */
  readonly mask: tf.Tensor2D
}

/**
 * On-policy distillation: the reverse KL divergence to the teacher, from one token of the student's own at each state.
 *
 *   term = sg(log π(y_t | s_t) − log π_T(y_t | s_t)) log π(y_t | s_t),   sg: no gradient flows
 *
 * Its gradient estimates that of KL(π‖π_T) at the states visited; what a token does to later states is left out. It is
 * REINFORCE with the teacher's surplus as the advantage of each token, and needs one number a token from the teacher
 * where `generalisedKnowledgeDistillation({ beta: 1 })` needs the whole vocabulary. The term's value means nothing;
 * `kl` is the estimate.
 *
 * @param options.sharing how the tokens share the loss; default `tokenMean`
 * @returns terms [rows, steps]. Metrics: kl (mean of log π − log π_T over the tokens, nats), tokens
 * @throws RangeError for a wrong shape
 * @see Gu et al. 2024, arXiv:2306.08543; Agarwal et al. 2024, arXiv:2306.13649
 * @example reduce(sampledReverseKL()({ logProb, teacherLogProb, mask }), weight)
 */
export const sampledReverseKL = (
  options: { readonly sharing?: Sharing } = {},
): ((inputs: OnPolicyDistillationInputs) => Terms) => {
  const { sharing } = optionsOf('sampledReverseKL', options, { sharing: tokenMean })
  return ({ logProb, teacherLogProb, mask }) => {
    checkRank('sampledReverseKL', 'logProb', logProb, ['rows', 'steps'])
    const [rows, steps] = logProb.shape
    checkShape('sampledReverseKL', 'teacherLogProb', teacherLogProb, { rows, steps })
    checkShape('sampledReverseKL', 'mask', mask, { rows, steps })
    const drawn = tf.greater(tf.cast(mask, 'float32'), 0)
    const settle = (x: tf.Tensor2D): tf.Tensor2D => finite(tf.where(drawn, x, tf.zerosLike(x)))
    const [given, teacher] = [settle(logProb), settle(teacherLogProb)]
    const lost = anyRuledOut([given, teacher])
    const own = untaught(lost, given)
    const surplus = detach(tf.sub(own, teacher))
    const { share } = tokenMean(tf.mul(tf.cast(drawn, 'float32'), tf.sub(1, lost)))
    return {
      terms: tf.mul(surplus, own),
      ...sharing(mask),
      metrics: {
        kl: tf.sum(tf.mul(share, surplus)),
        tokens: tf.sum(tf.cast(drawn, 'float32')),
      },
    }
  }
}

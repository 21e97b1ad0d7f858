import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { optionsOf } from '../options-of.ts'
import { finite } from '../ruled-out.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import { type Terms, orOne } from '../terms.ts'

/** The label of a token that ends no step. */
export const NO_STEP = -100

export interface StepLogits {
  /** [rows, steps, classes] logits after each token. Anything where no step ends, NaN included. */
  readonly logits: tf.Tensor3D
  /**
   * [rows, steps] int32 class of the step that ends with the token; −100 (any negative) where none does. A label that
   * is no class of the logits is one of no step: it has no term and no share.
   */
  readonly label: tf.Tensor2D
}

/**
 * Process reward: whether each step of a solution is right, as classification of the token that ends it.
 *
 *   term = −log softmax(z_t)[y_t]   at the last token of a step, separator included; −100 elsewhere: no term
 *
 * @param options.sharing how the steps share the loss; default `tokenMean`, the mean over the steps of the batch
 * @returns terms [rows, steps], nats. Metrics: accuracy (over steps), steps (how many there are)
 * @throws RangeError for a wrong shape
 * @see Uesato et al. 2022, arXiv:2211.14275; Lightman et al. 2023, arXiv:2305.20050; TRL PRMTrainer
 * @example reduce(processReward()({ logits, label }), weight)
 */
export const processReward = (options: { readonly sharing?: Sharing } = {}): ((inputs: StepLogits) => Terms) => {
  const { sharing } = optionsOf('processReward', options, { sharing: tokenMean })
  return ({ logits, label }) => {
    checkRank('processReward', 'logits', logits, ['rows', 'steps', 'classes'])
    const [rows, steps, classes] = logits.shape
    checkShape('processReward', 'label', label, { rows, steps })
    const ends = tf.logicalAnd(tf.greaterEqual(label, 0), tf.less(label, classes))
    const known = tf.tile(tf.expandDims(ends, -1), [1, 1, classes])
    const logProbs = tf.logSoftmax(finite(tf.where(known, logits, tf.zerosLike(logits))))
    const given = tf.cast(tf.where(ends, label, tf.zerosLike(label)), 'int32')
    const surprise = tf.neg(tf.sum(tf.mul(tf.oneHot(given, classes), logProbs), -1))
    const right = tf.logicalAnd(ends, tf.equal(tf.argMax(logProbs, -1), given))
    const count = tf.sum<tf.Scalar>(tf.cast(ends, 'float32'))
    return {
      terms: finite(tf.where(ends, surprise, tf.zerosLike(surprise))),
      ...sharing(tf.cast(ends, 'float32')),
      metrics: { accuracy: tf.div(tf.sum(tf.cast(right, 'float32')), orOne(count)), steps: count },
    }
  }
}

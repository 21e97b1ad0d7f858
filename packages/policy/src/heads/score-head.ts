import type { HostTensors } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { Tensors, TokenInput } from '../policy.ts'
import { flushRight } from './flush-right.ts'
import { type Headed, hiddenStates } from './hidden-states.ts'
import { headWeight } from './head-weight.ts'
import { initialHead } from './initial-head.ts'

/** Its name in transformers' `…ForSequenceClassification`: [labels, hidden]. */
export const SCORE_WEIGHT = 'score.weight'

/**
 * Parameters of a new score head, which gives a sequence one number a label: a reward model has one label, a
 * classifier several, whose scores are logits.
 *
 * @example const parameters = scoreHead(policy.config.hidden, 1)
 */
export const scoreHead = (
  hidden: number,
  labels: number,
  { seed = 0 }: { readonly seed?: number } = {},
): HostTensors => ({
  [SCORE_WEIGHT]: initialHead(SCORE_WEIGHT, labels, hidden, seed),
})

/** Rows of tokens with padding on either side. */
export interface SequenceInput extends TokenInput {
  /** [rows] int32: the column after each row's last token; absent: there is no padding at the right. */
  readonly end?: tf.Tensor1D
}

/**
 * Scores of sequences, inside a compiled function: W · h of each row's last token, as transformers'
 * `…ForSequenceClassification` and torchtune's classifiers compute them. What pads, on either side, never changes a
 * score; a row without a token has none that means anything.
 *
 * @returns [rows, labels]
 * @throws RangeError for parameters of another head, or for states of another width
 */
export const sequenceScores = (
  policy: Headed,
  constants: Tensors,
  trainable: Tensors | null,
  parameters: Tensors,
  { tokens, pad, end }: SequenceInput,
): tf.Tensor2D => {
  const input = end === undefined ? { tokens, pad } : flushRight({ tokens, pad }, end)
  const [rows, width] = tokens.shape
  const last = hiddenStates(policy, constants, trainable, input, { start: width - 1, count: 1 })
  const flat = tf.reshape(last, [rows, last.shape[2]]) as tf.Tensor2D
  return tf.matMul(flat, headWeight(parameters, SCORE_WEIGHT, last.shape[2]), false, true)
}

/**
 * Scores of tokens, inside a compiled function: W · h of each state, as transformers' `…ForTokenClassification` without
 * its bias.
 *
 * @param hidden [rows, count, hidden] from `hiddenStates`
 * @returns [rows, count, labels]
 * @example tokenScores(parameters, hiddenStates(policy, constants, trainable, input, columns))
 */
export const tokenScores = (parameters: Tensors, hidden: tf.Tensor3D): tf.Tensor3D => {
  const [rows, count, width] = hidden.shape
  const weight = headWeight(parameters, SCORE_WEIGHT, width)
  const flat = tf.reshape(hidden, [rows * count, width]) as tf.Tensor2D
  return tf.reshape(tf.matMul(flat, weight, false, true), [rows, count, weight.shape[0]])
}

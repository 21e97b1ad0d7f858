import type { Readings } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { logProbsOf } from './decoder/read-tokens.ts'
import type { Columns, Policy, Tensors, TokenInput } from './policy.ts'
import { stateLogProbs, stated } from './state-log-probs.ts'

export interface ResponseLogProbOptions {
  /** Columns before the response: the logits of column `contextLength − 1` are those of its first token. */
  readonly contextLength: number
  /** What the logits are divided by. Default 1. Sampling, reference and update must use the same. */
  readonly temperature?: number
}

/**
 * Log-probabilities of the tokens of responses, at the temperature they were drawn at.
 *
 *   log softmax(logits[context − 1 + t] / T)[token_t]
 *
 * @param logits   [rows, columns, vocab] of the whole text, columns ≥ contextLength − 1 + steps
 * @param response [rows, steps] int32
 * @returns [rows, steps] nats
 * @throws RangeError for a temperature that is not above 0
 * @see torchtune logits_to_logprobs
 */
export const responseLogProbs = (
  logits: tf.Tensor3D,
  response: tf.Tensor2D,
  { contextLength, temperature = 1 }: ResponseLogProbOptions,
): tf.Tensor2D => {
  if (!(temperature > 0)) throw new RangeError(`responseLogProbs: temperature must be above 0, found ${temperature}`)
  const [rows, steps] = response.shape
  const own = tf.slice(logits, [0, contextLength - 1, 0], [rows, steps, logits.shape[2]])
  return logProbsOf(tf.div(own, temperature), response)
}

/** Log-probabilities of labelled tokens, and where there are any. */
export interface LabelledLogProbs {
  /** [rows, columns − 1] nats; 0 where the mask is */
  readonly logProb: tf.Tensor2D
  /** [rows, columns − 1] 1 where the next token has a label */
  readonly mask: tf.Tensor2D
}

/**
 * Log-probabilities of the next tokens that are labelled: the logits of a column score the label of the next.
 *
 * @param logits [rows, columns, vocab]
 * @param labels [rows, columns] int32; `ignored` where nothing is to be scored
 * @param ignored default −100, as in transformers
 * @example tf.sum(labelledLogProbs(logits, labels).logProb, 1) // log-probability of each sequence
 */
export const labelledLogProbs = (logits: tf.Tensor3D, labels: tf.Tensor2D, ignored = -100): LabelledLogProbs => {
  const [rows, columns, vocab] = logits.shape
  const next = tf.cast<tf.Tensor2D>(tf.slice(labels, [0, 1], [rows, columns - 1]), 'int32')
  const scored = tf.notEqual<tf.Tensor2D>(next, tf.scalar(ignored, 'int32'))
  const found = logProbsOf(
    tf.slice(logits, [0, 0, 0], [rows, columns - 1, vocab]),
    tf.where(scored, next, tf.zerosLike(next)),
  )
  return { logProb: tf.where(scored, found, tf.zerosLike(found)), mask: tf.cast(scored, 'float32') }
}

/** Of one token after each of the columns: [rows, columns] each. */
export interface NextTokenReadings<Name extends string = never> {
  /** nats */
  readonly logProb: tf.Tensor2D
  /** Through these no gradient flows. */
  readonly read: Readonly<Record<Name, tf.Tensor2D>>
}

/**
 * Log-probabilities of given tokens after columns of a text, and what else is to be read of their logits, inside a
 * compiled function. What trains an adapter never has all logits in memory (`Policy.logProbs`).
 *
 * @param trainable null for the frozen reference
 * @param columns the columns read, and `next` [rows, columns.count] int32, the token after each of them
 * @param readings numbers wanted of each token's logits, by name
 */
export const nextTokenLogProbs = <Name extends string = never>(
  policy: Pick<Policy, 'logits' | 'hidden' | 'unembed' | 'logProbs'>,
  constants: Tensors,
  trainable: Tensors | null,
  input: TokenInput,
  { next, ...columns }: Columns & { readonly next: tf.Tensor2D },
  readings?: Readings<Name>,
): NextTokenReadings<Name> => {
  const before = stated(policy)
  const states = before.states(constants, trainable, input, columns)
  const found = stateLogProbs(before, constants, trainable, states, tf.expandDims(next, 2), { readings })
  return { logProb: tf.squeeze(found.logProb, [2]), read: found.read }
}

import * as tf from '@tensorflow/tfjs-core'
import { detach } from './detach.ts'
import { flatIds } from './flat-ids.ts'

/** What is known of tokens and of the logits that they were chosen by. */
export interface ScoredTokens {
  /** [n, vocab] */
  readonly logits: tf.Tensor2D
  /** [n, k] nats */
  readonly logProb: tf.Tensor2D
  /** [n, 1] nats, log-probability of the likeliest token: `logProb` of that token to the bit */
  readonly largest: tf.Tensor2D
}

/** One number a row, [n, 1], read of its logits beside the log-probabilities; no gradient flows through it. */
export type TokenReading = (scored: ScoredTokens) => tf.Tensor2D

/** A head, row by row: logits of hidden states. */
export interface Head {
  /** [rows, width] → [rows, vocab] */
  readonly logits: (hidden: tf.Tensor2D) => tf.Tensor2D
  /** [rows, width] and ids [rows, k] → [rows, k]: the logits of these tokens, of which none other is computed. */
  readonly logitsOf: (hidden: tf.Tensor2D, ids: tf.Tensor2D) => tf.Tensor2D
}

/** Tokens of a block of rows, and what their gradient is made of. */
export interface ScoredBlock extends ScoredTokens {
  /** [rows, vocab] exponentials of the logits; the largest is 1 */
  readonly weights: tf.Tensor2D
  /** [rows, 1] their sum */
  readonly total: tf.Tensor2D
}

export const scoredBlock = (hidden: tf.Tensor2D, ids: tf.Tensor2D, head: Head): ScoredBlock => {
  const logits = head.logits(hidden)
  const [rows, vocab] = logits.shape
  const k = ids.shape[1]
  const at = tf.reshape<tf.Rank.R1>(flatIds(ids, vocab), [rows * k])
  const chosen = tf.reshape(tf.gather(tf.reshape(logits, [rows * vocab]), at), [rows, k])
  // what is read of the logits is read before the exponentials take their memory
  const [taken, most] = tf.split<tf.Tensor2D>(tf.concat([chosen, tf.max(logits, -1, true)], 1), [k, 1], 1)
  const weights = tf.exp<tf.Tensor2D>(tf.sub(logits, most!))
  const total = tf.sum<tf.Tensor2D>(weights, -1, true)
  const largest = tf.neg(tf.log(total))
  return { logits, weights, total, largest, logProb: tf.add<tf.Tensor2D>(tf.sub(taken!, most!), largest) }
}

/** [rows, width] ∂ log Σ_v exp logits[v] / ∂ hidden of a block. */
export const slopeOf = (hidden: tf.Tensor2D, head: Head, { weights, total }: ScoredBlock): tf.Tensor2D =>
  tf.div<tf.Tensor2D>(tf.grad((x) => head.logits(x as tf.Tensor2D))(hidden, weights), total)

/** What is to be read of each row's logits, by name. */
export type Readings<Name extends string> = Readonly<Record<Name, TokenReading>>

/** [rows, k], then [rows, 1] each: a block's log-probabilities and what else is read. */
export const columnsOf = <Name extends string>(
  { logits, logProb, largest }: ScoredTokens,
  readings: Readings<Name>,
): tf.Tensor2D[] => {
  const still: ScoredTokens = { logits: detach(logits), logProb: detach(logProb), largest: detach(largest) }
  return [logProb, ...Object.values<TokenReading>(readings).map((reading) => reading(still))]
}

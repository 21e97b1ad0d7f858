import * as tf from '@tensorflow/tfjs-core'
import { detach } from './detach.ts'
import { flatIds } from './flat-ids.ts'
import { scatterAdd } from './scatter-add.ts'

/** What is known of a token and of the logits that it was chosen by. */
export interface ScoredTokens {
  /** [n, vocab] */
  readonly logits: tf.Tensor2D
  /** [n, 1] nats */
  readonly logProb: tf.Tensor2D
  /** [n, 1] nats, log-probability of the likeliest token: `logProb` of that token to the bit */
  readonly largest: tf.Tensor2D
}

/** One number a row, [n, 1], read of its logits beside the log-probability; no gradient flows through it. */
export type TokenReading = (scored: ScoredTokens) => tf.Tensor2D

/** A head that does not train: [rows, width] → [rows, vocab], row by row. */
export type Head = (hidden: tf.Tensor2D) => tf.Tensor2D

/** The tokens of a block of rows, and what their gradient is made of. */
export interface ScoredBlock extends ScoredTokens {
  /** [rows] where the tokens are among the logits */
  readonly at: tf.Tensor1D
  /** [rows, vocab] exponentials of the logits; the largest is 1 */
  readonly weights: tf.Tensor2D
  /** [rows, 1] their sum */
  readonly total: tf.Tensor2D
}

export const scoredBlock = (hidden: tf.Tensor2D, ids: tf.Tensor1D, head: Head): ScoredBlock => {
  const logits = head(hidden)
  const [rows, vocab] = logits.shape
  const at = tf.reshape<tf.Rank.R1>(flatIds(tf.reshape(ids, [rows, 1]), vocab), [rows])
  const chosen = tf.reshape(tf.gather(tf.reshape(logits, [rows * vocab]), at), [rows, 1])
  // what is read of the logits is read before the exponentials take their memory
  const [taken, most] = tf.split<tf.Tensor2D>(tf.concat([chosen, tf.max(logits, -1, true)], 1), 2, 1)
  const weights = tf.exp<tf.Tensor2D>(tf.sub(logits, most!))
  const total = tf.sum<tf.Tensor2D>(weights, -1, true)
  const largest = tf.neg(tf.log(total))
  return { logits, at, weights, total, largest, logProb: tf.add<tf.Tensor2D>(tf.sub(taken!, most!), largest) }
}

/** [rows, width] ∂ log p(id) / ∂ hidden of a block. */
export const slopeOf = (hidden: tf.Tensor2D, head: Head, { logits, at, weights, total }: ScoredBlock): tf.Tensor2D => {
  const [rows, vocab] = logits.shape
  const excess = scatterAdd(tf.reshape(weights, [rows * vocab]), at, tf.reshape(tf.neg(total), [rows]))
  const slope = tf.grad((x) => head(x as tf.Tensor2D))(hidden, tf.reshape(excess, [rows, vocab]))
  return tf.neg(tf.div<tf.Tensor2D>(slope, total))
}

/** What is to be read of each row's logits, by name. */
export type Readings<Name extends string> = Readonly<Record<Name, TokenReading>>

/** [rows, 1] each: a block's log-probabilities and what else is read. */
export const columnsOf = <Name extends string>(
  { logits, logProb, largest }: ScoredTokens,
  readings: Readings<Name>,
): tf.Tensor2D[] => {
  const still: ScoredTokens = { logits: detach(logits), logProb: detach(logProb), largest: detach(largest) }
  return [logProb, ...Object.values<TokenReading>(readings).map((reading) => reading(still))]
}

import { type ReadTokens, type TokenReading, detach, tokenLogProbs } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { TokenReadings } from '../policy.ts'

/** Readings of [rows · count] tokens as [rows, count]. */
export const inRows = <Name extends string>({ logProb, read }: ReadTokens<Name>, rows: number): TokenReadings<Name> => {
  const shaped = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [rows, logProb.size / rows])
  return {
    logProb: shaped(logProb),
    read: Object.fromEntries(Object.entries<tf.Tensor>(read).map(([name, x]) => [name, shaped(x)])) as Record<
      Name,
      tf.Tensor2D
    >,
  }
}

/** [rows, steps] nats of given tokens, from logits [rows, steps, vocab] that are there. */
export const logProbsOf = (logits: tf.Tensor3D, tokens: tf.Tensor2D): tf.Tensor2D => {
  const [rows, steps, vocab] = logits.shape
  const ids = tf.reshape<tf.Rank.R2>(tokens, [rows * steps, 1])
  return tf.reshape(tokenLogProbs(tf.reshape(logits, [rows * steps, vocab]), ids), [rows, steps])
}

/**
 * Log-probabilities of given tokens and what else is read, from logits that are there. No gradient flows through what is
 * read, as none does where the head is frozen.
 *
 * @param logits [rows, count, vocab]
 * @param tokens [rows, count] int32
 */
export const readTokens = <Name extends string = never>(
  logits: tf.Tensor3D,
  tokens: tf.Tensor2D,
  readings: Readonly<Record<Name, TokenReading>> = {} as Readonly<Record<Name, TokenReading>>,
): TokenReadings<Name> => {
  const [rows, count, vocab] = logits.shape
  const flat = tf.reshape<tf.Rank.R2>(logits, [rows * count, vocab])
  const logProb: tf.Tensor2D = tf.reshape(logProbsOf(logits, tokens), [rows * count, 1])
  const still = detach(flat)
  // as `tokenLogProbs` has it: a compiled graph computes it once
  const largest = tf.log<tf.Tensor2D>(tf.max(tf.softmax(still), -1, true))
  const read = Object.fromEntries(
    Object.entries<TokenReading>(readings).map(([name, reading]) => [
      name,
      reading({ logits: still, logProb: detach(logProb), largest }),
    ]),
  ) as unknown as Record<Name, tf.Tensor1D>
  return inRows({ logProb: tf.reshape(logProb, [rows * count]), read }, rows)
}

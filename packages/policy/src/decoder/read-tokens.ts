import { type Head, type ReadTokens, type Readings, type TokenReading, detach, tokenLogProbs } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { TokenReadings } from '../policy.ts'

/** The head of who has nothing before the logits. */
export const givenLogits: Head = { logits: (x) => x, logitsOf: (x, ids) => tf.gather(x, ids, 1, 1) as tf.Tensor2D }

/** Readings of [rows · count] states as [rows, count]. */
export const inRows = <Name extends string>({ logProb, read }: ReadTokens<Name>, rows: number): TokenReadings<Name> => {
  const [n, k] = logProb.shape
  return {
    logProb: tf.reshape(logProb, [rows, n / rows, k]),
    read: Object.fromEntries(
      Object.entries<tf.Tensor>(read).map(([name, x]) => [name, tf.reshape(x, [rows, n / rows])]),
    ) as Record<Name, tf.Tensor2D>,
  }
}

/** [rows, steps] nats of given tokens, from logits [rows, steps, vocab] that are there. */
export const logProbsOf = (logits: tf.Tensor3D, tokens: tf.Tensor2D): tf.Tensor2D => {
  const [rows, steps, vocab] = logits.shape
  const ids = tf.reshape<tf.Rank.R2>(tokens, [rows * steps, 1])
  return tf.reshape(tokenLogProbs(tf.reshape(logits, [rows * steps, vocab]), ids), [rows, steps])
}

/**
 * `frozenHeadLogProbs` of a head that trains: all logits are kept for its gradient. None flows through what is read, as
 * none does where the head is frozen.
 *
 * @param hidden [n, width]
 * @param ids [n, k] int32
 */
export const trainedHeadLogProbs = <Name extends string = never>(
  hidden: tf.Tensor2D,
  ids: tf.Tensor2D,
  head: Head,
  readings: Readings<Name> = {} as Readings<Name>,
): ReadTokens<Name> => {
  const logits = head.logits(hidden)
  const logProb = tokenLogProbs(logits, ids)
  const still = detach(logits)
  // as `tokenLogProbs` has it: a compiled graph computes it once
  const largest = tf.log<tf.Tensor2D>(tf.max(tf.softmax(still), -1, true))
  const scored = { logits: still, logProb: detach(logProb), largest }
  const read = Object.fromEntries(
    Object.entries<TokenReading>(readings).map(([name, reading]) => [name, tf.reshape(reading(scored), [-1])]),
  ) as Record<Name, tf.Tensor1D>
  return { logProb, read }
}

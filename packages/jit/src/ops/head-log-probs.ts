import * as tf from '@tensorflow/tfjs-core'
import { type Head, type Readings, columnsOf, scoredBlock } from './scored-block.ts'

/** Rows whose logits are there at one time: packing the head for a block costs what 50 rows more would. */
export const BLOCK = 512

/** What was made of each block of rows, as one array: [n, …]. */
export const inBlocks = (
  hidden: tf.Tensor2D,
  ids: tf.Tensor2D,
  block: number,
  make: (hidden: tf.Tensor2D, ids: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D => {
  const [n, width] = hidden.shape
  const made = Array.from({ length: Math.max(1, Math.ceil(n / block)) }, (_, i) => {
    const [from, rows] = [i * block, Math.min(block, n - i * block)]
    return make(tf.slice2d(hidden, [from, 0], [rows, width]), tf.slice2d(ids, [from, 0], [rows, ids.shape[1]]))
  })
  return tf.concat(made, 0)
}

/** Log-probabilities and readings of n rows. */
export interface ReadTokens<Name extends string> {
  /** [n, k] nats */
  readonly logProb: tf.Tensor2D
  /** [n] each */
  readonly read: Readonly<Record<Name, tf.Tensor1D>>
}

/** [n] numbers by their names, of [n, 1] each. */
export const named = <Name extends string>(readings: Readings<Name>, columns: readonly tf.Tensor2D[]) =>
  Object.fromEntries(
    Object.keys(readings).map((name, i) => [name, tf.reshape<tf.Rank.R1>(columns[i]!, [columns[i]!.size])]),
  ) as Record<Name, tf.Tensor1D>

/**
 * `frozenHeadLogProbs` for whoever does not differentiate (a reference, scoring): the same values to the bit, without a
 * gradient beside them. Where one is asked for after all, it is that of tfjs's tape, which keeps all logits.
 */
export const headLogProbs = <Name extends string = never>(
  hidden: tf.Tensor2D,
  ids: tf.Tensor2D,
  head: Head,
  readings: Readings<Name> = {} as Readings<Name>,
  block: number = BLOCK,
): ReadTokens<Name> => {
  const found = inBlocks(hidden, ids, block, (states, tokens) =>
    tf.concat(columnsOf(scoredBlock(states, tokens, head), readings), 1),
  )
  const [columns, k] = [found.shape[1], ids.shape[1]]
  const [logProb, ...read] = tf.split<tf.Tensor2D>(found, [k, ...Array<number>(columns - k).fill(1)], 1)
  return { logProb: logProb!, read: named(readings, read) }
}

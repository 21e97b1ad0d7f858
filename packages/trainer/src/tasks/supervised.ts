import { type HostTree, hostTensor, tokenLogProbs } from '@gfnlm/jit'
import { crossEntropy } from '@gfnlm/losses'
import { bucketed } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { evenly } from './parts.ts'
import type { Task } from './task.ts'

/** Texts to learn from: token ids, and how many of the first are given rather than learned (a prompt, the bos). */
export interface TextBatch {
  readonly rows: readonly {
    readonly tokens: Int32Array
    readonly given: number
    /** What the text counts for; default 1. */
    readonly weight?: number
  }[]
  /** Pads rows to this many columns at least, so that batches share a compiled graph. */
  readonly width?: number
}

const pack = ({ rows, width = 0 }: TextBatch): HostTree => {
  // What runs is padded to the bucket: one column fewer than the tokens, since the last one is only predicted.
  const columns = bucketed(Math.max(width, ...rows.map(({ tokens }) => tokens.length)) - 1) + 1
  const tokens = new Int32Array(rows.length * columns)
  const mask = new Float32Array(rows.length * (columns - 1))
  rows.forEach((row, r) => {
    tokens.set(row.tokens, r * columns)
    // Column c predicts token c + 1.
    mask.fill(1, r * (columns - 1) + Math.max(0, row.given - 1), r * (columns - 1) + row.tokens.length - 1)
  })
  return {
    tokens: hostTensor(tokens, [rows.length, columns]),
    mask: hostTensor(mask, [rows.length, columns - 1]),
    weight: hostTensor(Float32Array.from(rows, ({ weight = 1 }) => weight)),
  }
}

/** Supervised fine-tuning: the cross-entropy of every token that was not given, mean over tokens. */
export const supervised = (): Task<TextBatch> => ({
  name: 'supervised',
  parameters: {},
  rateScale: 1,
  pack,
  packParts: ({ rows, width = 0 }, parts) => {
    const widest = Math.max(width, ...rows.map(({ tokens }) => tokens.length))
    return evenly(rows, parts).map((some) => pack({ rows: some, width: widest }))
  },
  loss: ({ policy, constants, trainable, batch }) => {
    const tokens = batch['tokens'] as tf.Tensor2D
    const [rows, columns] = tokens.shape
    const steps = columns - 1
    const input = { tokens: tf.slice2d(tokens, [0, 0], [rows, steps]), pad: tf.zeros([rows], 'int32') as tf.Tensor1D }
    const logits = policy.logits(constants, trainable, input, { start: 0, count: steps })
    const targets = tf.reshape(tf.slice2d(tokens, [0, 1], [rows, steps]), [rows * steps, 1]) as tf.Tensor2D
    const logProb = tokenLogProbs(tf.reshape(logits, [rows * steps, policy.vocabSize]) as tf.Tensor2D, targets)
    return crossEntropy()({ logProb: tf.reshape(logProb, [rows, steps]), mask: batch['mask'] as tf.Tensor2D })
  },
})

import { type Trajectories, type Weighted, completionOf } from '@gfnlm/env'
import { type HostTree, hostTensor } from '@gfnlm/jit'
import { type Columns, type Policy, type Tensors, bucketed, type TokenInput } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { evenly } from './parts.ts'

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

/** Texts as `tokens` [rows, columns], `mask` [rows, columns − 1] of what is learned, and `weight` [rows]. */
export const packTexts = ({ rows, width = 0 }: TextBatch): HostTree => {
  // What runs is padded to the bucket: one column fewer than the tokens, since the last one is only predicted.
  const columns = bucketed(Math.max(width, ...rows.map(({ tokens }) => tokens.length)) - 1) + 1
  const tokens = new Int32Array(rows.length * columns)
  const mask = new Float32Array(rows.length * (columns - 1))
  rows.forEach((row, r) => {
    tokens.set(row.tokens, r * columns)
    // Column c predicts token c + 1.
    const first = r * (columns - 1)
    mask.fill(1, first + Math.max(0, row.given - 1), first + Math.max(0, row.tokens.length - 1))
  })
  return {
    tokens: hostTensor(tokens, [rows.length, columns]),
    mask: hostTensor(mask, [rows.length, columns - 1]),
    weight: hostTensor(Float32Array.from(rows, ({ weight = 1 }) => weight)),
  }
}

/** The same in parts of one width. */
export const packTextParts = ({ rows, width = 0 }: TextBatch, parts: number): readonly HostTree[] => {
  const widest = Math.max(width, ...rows.map(({ tokens }) => tokens.length))
  return evenly(rows, parts).map((some) => packTexts({ rows: some, width: widest }))
}

/** Packed texts as a policy takes them: all columns but the last, each with the token after it. */
export const textInput = (
  tokens: tf.Tensor2D,
): { readonly input: TokenInput; readonly columns: Columns & { readonly next: tf.Tensor2D } } => {
  const [rows, columns] = tokens.shape
  const count = columns - 1
  return {
    input: { tokens: tf.slice2d(tokens, [0, 0], [rows, count]), pad: tf.zeros([rows], 'int32') },
    columns: { start: 0, count, next: tf.slice2d(tokens, [0, 1], [rows, count]) },
  }
}

/** [rows, columns − 1, vocab] logits of every token after the first of packed texts, inside a compiled function. */
export const nextTokenLogits = (
  policy: Pick<Policy, 'logits'>,
  constants: Tensors,
  trainable: Tensors | null,
  tokens: tf.Tensor2D,
): tf.Tensor3D => {
  const { input, columns } = textInput(tokens)
  return policy.logits(constants, trainable, input, columns)
}

/**
 * Sampled completions as texts, each after its prompt and with the terminator that ended it, unless the end was forced:
 * what a policy learns from its own completions by (on-policy distillation, rejection sampling). Weights of rows are
 * those of the texts; a row that was dropped has none.
 */
export const completionTexts = (batch: Trajectories & Partial<Pick<Weighted, 'keep' | 'weight'>>): TextBatch => ({
  rows: Array.from({ length: batch.rows }, (_, row) => {
    const { mdp, length } = batch
    const prompt = batch.prompts[batch.group[row]!]!.tokens
    const chosen = length[row]! < mdp.maxLength || mdp.leaf === 'free' ? [mdp.terminator] : []
    return {
      tokens: Int32Array.of(...prompt, ...completionOf(batch, row), ...chosen),
      given: prompt.length,
      weight: batch.keep?.[row] === 0 ? 0 : (batch.weight?.[row] ?? 1),
    }
  }),
})

import { fault } from '@gfnlm/env'
import { type HostTensors, hostTensor, tokenLogProbs } from '@gfnlm/jit'
import { type Pair, type TokenLogProbs, sequenceLogProbs } from '@gfnlm/losses'
import type { Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { rightPadded } from './right-padded.ts'
import type { TaskInputs } from './task.ts'

/** Two completions of a prompt, the first preferred to the second; token ids, terminators included. */
export interface CompletionPair {
  readonly prompt: Int32Array
  readonly chosen: Int32Array
  readonly rejected: Int32Array
  /** What the pair counts for; default 1. */
  readonly weight?: number
  /** log π_ref of the completions, nats, where it was computed before: `withReference`. */
  readonly reference?: { readonly chosen: number; readonly rejected: number }
}

export interface CompletionPairs {
  readonly pairs: readonly CompletionPair[]
  /** Pads prompt and completion to this many columns at least, so that batches share a compiled graph. */
  readonly width?: number
}

const SIDES = ['chosen', 'rejected'] as const

const joined = (prompt: Int32Array, completion: Int32Array): Int32Array => Int32Array.of(...prompt, ...completion)

/**
 * Pairs as arrays: all chosen completions and then all rejected ones after their prompts, [2 · pairs, columns], so that
 * one pass scores both; `mask` [2 · pairs, columns − 1] is 1 where the next token is the completion's.
 *
 * @throws a CompletionEmpty fault for a completion without a token, a PromptEmpty one for a prompt without
 */
export const packPairs = ({ pairs, width }: CompletionPairs): HostTensors => {
  const sides = SIDES.flatMap((side) => pairs.map((pair) => ({ pair, side })))
  sides.forEach(({ pair, side }, row) => {
    const place = `pair ${row % pairs.length}`
    if (pair[side].length === 0)
      throw fault('CompletionEmpty', `${place}: the ${side} completion has no token`, 'Drop the pair, or end completions with the terminator.', { pair: row % pairs.length })
    if (pair.prompt.length === 0)
      throw fault('PromptEmpty', `${place}: the prompt has no token that the completion's first could follow`, 'Begin prompts with the model’s bos token.', { pair: row % pairs.length })
  })
  const { columns, tokens } = rightPadded(sides.map(({ pair, side }) => joined(pair.prompt, pair[side])), width)
  const mask = new Float32Array(sides.length * (columns - 1))
  sides.forEach(({ pair, side }, row) => {
    // Column c predicts token c + 1.
    const first = row * (columns - 1) + pair.prompt.length - 1
    mask.fill(1, first, first + pair[side].length)
  })
  return {
    tokens,
    mask: hostTensor(mask, [sides.length, columns - 1]),
    weight: hostTensor(Float32Array.from(pairs, ({ weight = 1 }) => weight)),
  }
}

/** What of a task's inputs scores completions. */
export type ScoringInputs = Pick<TaskInputs, 'policy' | 'constants' | 'batch'>

/** Log-probabilities of the tokens of packed pairs, chosen completions and rejected ones; null: adapter off. */
export const pairTokens = (
  { policy, constants, batch }: ScoringInputs,
  trainable: Tensors | null,
): { readonly chosen: TokenLogProbs; readonly rejected: TokenLogProbs } => {
  const [tokens, mask] = [batch['tokens'] as tf.Tensor2D, batch['mask'] as tf.Tensor2D]
  const [rows, steps] = mask.shape
  const input = { tokens: tf.slice2d(tokens, [0, 0], [rows, steps]), pad: tf.zeros([rows], 'int32') as tf.Tensor1D }
  const logits = policy.logits(constants, trainable, input, { start: 0, count: steps })
  const next = tf.reshape(tf.slice2d(tokens, [0, 1], [rows, steps]), [rows * steps, 1]) as tf.Tensor2D
  const logProb = tokenLogProbs(tf.reshape(logits, [rows * steps, policy.vocabSize]) as tf.Tensor2D, next)
  const side = (first: number): TokenLogProbs => ({
    logProb: tf.slice2d(tf.reshape(logProb, [rows, steps]), [first, 0], [rows / 2, steps]),
    mask: tf.slice2d(mask, [first, 0], [rows / 2, steps]),
  })
  return { chosen: side(0), rejected: side(rows / 2) }
}

/** [pairs] log π(y | x) of both completions, nats. */
export const pairLogProbs = (inputs: ScoringInputs, trainable: Tensors | null): Pair => {
  const { chosen, rejected } = pairTokens(inputs, trainable)
  return { chosen: sequenceLogProbs(chosen).sum, rejected: sequenceLogProbs(rejected).sum }
}

import { fault } from '@gfnlm/env'
import { type HostTensors, type TokenReading, hostTensor } from '@gfnlm/jit'
import type { TokenLogProbs } from '@gfnlm/losses'
import { type Tensors, nextTokenLogProbs } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { rightPadded } from './right-padded.ts'
import type { TaskInputs } from './task.ts'

/** A completion of a prompt: token ids, its terminator included. */
export interface PromptedCompletion {
  readonly prompt: Int32Array
  readonly completion: Int32Array
}

const joined = ({ prompt, completion }: PromptedCompletion): Int32Array => {
  const tokens = new Int32Array(prompt.length + completion.length)
  tokens.set(prompt)
  tokens.set(completion, prompt.length)
  return tokens
}

/**
 * Completions as arrays: `tokens` [rows, columns] of prompt and completion, padded at the right to a bucket of `width`
 * columns at least, and `mask` [rows, columns − 1], 1 where the next token is the completion's.
 *
 * @param placeOf names a row in errors
 * @throws a CompletionEmpty fault for a completion without a token, a PromptEmpty one for a prompt without
 */
export const packCompletions = (
  rows: readonly PromptedCompletion[],
  width: number | undefined,
  placeOf: (row: number) => string,
): HostTensors => {
  rows.forEach(({ prompt, completion }, row) => {
    if (completion.length === 0)
      throw fault(
        'CompletionEmpty',
        `${placeOf(row)}: the completion has no token`,
        'Drop it, or end completions with the terminator.',
        { row },
      )
    if (prompt.length === 0)
      throw fault(
        'PromptEmpty',
        `${placeOf(row)}: the prompt has no token that the completion's first could follow`,
        "Begin prompts with the model's bos token.",
        { row },
      )
  })
  const { columns, tokens } = rightPadded(rows.map(joined), width)
  const mask = new Float32Array(rows.length * (columns - 1))
  rows.forEach(({ prompt, completion }, row) => {
    // Column c predicts token c + 1.
    const first = row * (columns - 1) + prompt.length - 1
    mask.fill(1, first, first + completion.length)
  })
  return { tokens, mask: hostTensor(mask, [rows.length, columns - 1]) }
}

/** A model with its frozen weights, inside of a compiled function. */
export type Model = Pick<TaskInputs, 'policy' | 'constants'>

/** Tokens of completions under a model. */
export interface CompletionTokens extends TokenLogProbs {
  /** [rows, steps] mean over the vocabulary of the logits that each token was chosen by */
  readonly meanLogit: tf.Tensor2D
}

const meanLogit: TokenReading = ({ logits }) => tf.mean(logits, -1, true)

/** Log-probabilities of the next tokens of packed completions, [rows, columns − 1]; null: adapter off. */
export const completionTokens = (
  { policy, constants }: Model,
  trainable: Tensors | null,
  packed: Tensors,
): CompletionTokens => {
  const [tokens, mask] = [packed['tokens'] as tf.Tensor2D, packed['mask'] as tf.Tensor2D]
  const [rows, steps] = mask.shape
  const input = { tokens: tf.slice2d(tokens, [0, 0], [rows, steps]), pad: tf.zeros([rows], 'int32') as tf.Tensor1D }
  const next = tf.slice2d(tokens, [0, 1], [rows, steps])
  const columns = { start: 0, count: steps, next }
  const { logProb, read } = nextTokenLogProbs(policy, constants, trainable, input, columns, { meanLogit })
  return { logProb, mask, meanLogit: read.meanLogit }
}

import { type TokenMDP, shiftTable } from '@gfnlm/env'
import { tokenLogProbs } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { Policy, Tensors } from './policy.ts'

/** What the learned policy says of every state and action of a batch. */
export interface ActionScores {
  /** [rows, maxLength + 1] log P_F of the action taken at each state, nats. Anything past the terminator. */
  readonly logPF: tf.Tensor2D
  /** [rows, maxLength + 1] log P_F(terminator | s_t), nats. */
  readonly logPTerm: tf.Tensor2D
}

/** A batch inside a compiled function: `packRows` of prompts and actions. */
export interface PackedInput {
  /** [rows, promptWidth + maxLength + 1] int32 */
  readonly tokens: tf.Tensor
  /** [rows] int32 */
  readonly pad: tf.Tensor
}

/**
 * Log-probabilities of the learned policy for the actions of a batch and for the terminator at every state, in one
 * teacher-forced pass: one log-sum-exp a state serves both. Masks of the MDP (illegal tokens, minimum length) are in;
 * temperature, top-k and other exploration are not. At t = maxLength a forced leaf has log-probability 0.
 *
 * @param trainable null for the frozen reference
 */
export const actionScores = (
  policy: Pick<Policy, 'logits' | 'vocabSize'> & Partial<Pick<Policy, 'contextLength'>>,
  mdp: TokenMDP,
  constants: Tensors,
  trainable: Tensors | null,
  { tokens, pad }: PackedInput,
): ActionScores => {
  const [rows, total] = tokens.shape as [number, number]
  const width = mdp.maxLength + 1
  const promptWidth = total - width
  const states = mdp.leaf === 'forced' ? mdp.maxLength : width
  // A bucket may reach past the model's positions where no prompt does: those columns are padding in every row.
  const columns = promptWidth + states - 1
  const spare = Math.max(0, columns - (policy.contextLength ?? columns))
  const input = tf.slice(tokens as tf.Tensor2D, [0, spare], [rows, columns - spare])
  const padded = (spare === 0 ? pad : tf.sub(pad, tf.scalar(spare, 'int32'))) as tf.Tensor1D
  const logits = policy.logits(constants, trainable, { tokens: input, pad: padded }, { start: promptWidth - 1 - spare, count: states })
  const shift = shiftTable(mdp, policy.vocabSize, states)
  const masked = shift === undefined ? logits : tf.add(logits, tf.tensor(shift.data, [1, shift.rows, policy.vocabSize]))
  const actions = tf.slice(tokens as tf.Tensor2D, [0, promptWidth], [rows, states])
  const terminator = tf.fill([rows, states], mdp.terminator, 'int32')
  const ids = tf.reshape(tf.stack([actions, terminator], -1), [rows * states, 2]) as tf.Tensor2D
  const logProbs = tf.reshape(tokenLogProbs(tf.reshape(masked, [rows * states, policy.vocabSize]) as tf.Tensor2D, ids), [rows, states, 2])
  const column = (i: number): tf.Tensor2D => tf.reshape(tf.slice(logProbs, [0, 0, i], [rows, states, 1]), [rows, states])
  const leaf = (x: tf.Tensor2D): tf.Tensor2D => (states === width ? x : tf.concat([x, tf.zeros([rows, 1])], 1) as tf.Tensor2D)
  return { logPF: leaf(column(0)), logPTerm: leaf(column(1)) }
}

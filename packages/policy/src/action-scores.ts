import { type TokenMDP, shiftTable } from '@gfnlm/env'
import { tokenLogProbs } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { PackedRows } from './pack-rows.ts'
import type { Policy, Tensors, TokenInput } from './policy.ts'

/** What the learned policy says of every state and action of a batch. */
export interface ActionScores {
  /** [rows, maxLength + 1] log P_F of the action taken at each state, nats. Anything past the terminator. */
  readonly logPF: tf.Tensor2D
  /** [rows, maxLength + 1] log P_F(terminator | s_t), nats. */
  readonly logPTerm: tf.Tensor2D
}

/** A batch inside a compiled function: the tensors of `packRows`. */
export type PackedInput = { readonly [K in keyof PackedRows]: tf.Tensor }

/** What a policy must have for its actions to be scored; without `branched` a prompt runs once a row. */
type Scored = Pick<Policy, 'logits' | 'vocabSize'> & Partial<Pick<Policy, 'branched' | 'contextLength'>>

/** One question: who is asked, with which parameters, about which states. */
interface Question {
  readonly policy: Scored
  readonly mdp: TokenMDP
  readonly constants: Tensors
  readonly trainable: Tensors | null
  /** States scored: t = 0 … states − 1. A forced leaf is none. */
  readonly states: number
}

/** Log-probabilities of actions and of the terminator, alike in shape. */
interface Pair {
  readonly action: tf.Tensor
  readonly stop: tf.Tensor
}

/**
 * Rows without the columns that reach past the model's positions: a bucket may, a prompt does not, so they are
 * padding in every row.
 */
const withinContext = (tokens: tf.Tensor2D, pad: tf.Tensor1D, contextLength = Infinity): TokenInput => {
  const [rows, columns] = tokens.shape
  const spare = Math.max(0, columns - contextLength)
  return spare === 0
    ? { tokens, pad }
    : { tokens: tf.slice(tokens, [0, spare], [rows, contextLength]), pad: tf.sub(pad, tf.scalar(spare, 'int32')) }
}

/** Logits [n, states, vocab] of the states from `first` on, with the MDP's masks in them, as a matrix. */
const masked = ({ policy: { vocabSize }, mdp, states }: Question, logits: tf.Tensor3D, first: number): tf.Tensor2D => {
  const [n, count] = logits.shape
  const table = shiftTable(mdp, vocabSize, states)
  const flat = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [n * count, vocabSize])
  if (table === undefined) return flat(logits)
  const shift = table.rows === 1 ? table.data : table.data.subarray(first * vocabSize, (first + count) * vocabSize)
  return flat(tf.add(logits, tf.tensor(shift, [1, shift.length / vocabSize, vocabSize])))
}

/** Log-probs of one action a state, and of the terminator: both [n, states], from one log-sum-exp. */
const scoresOf = (question: Question, logits: tf.Tensor3D, actions: tf.Tensor2D, first: number): Pair => {
  const [n, count] = actions.shape
  const terminator = tf.fill([n, count], question.mdp.terminator, 'int32')
  const ids = tf.reshape(tf.stack([actions, terminator], -1), [n * count, 2]) as tf.Tensor2D
  const [action, stop] = tf.split(tokenLogProbs(masked(question, logits, first), ids), 2, 1)
  return { action: tf.reshape(action!, [n, count]), stop: tf.reshape(stop!, [n, count]) }
}

/** Each row as its prompt and its actions: [rows, states] log-probs. */
const apart = (question: Question, prompts: tf.Tensor2D, pad: tf.Tensor1D, actions: tf.Tensor2D): Pair => {
  const { policy, constants, trainable, states } = question
  const rows = prompts.shape[0]
  const before = tf.slice(actions, [0, 0], [rows, states - 1])
  const input = withinContext(tf.concat([prompts, before], 1), pad, policy.contextLength)
  const start = input.tokens.shape[1] - states
  return scoresOf(question, policy.logits(constants, trainable, input, { start, count: states }), actions, 0)
}

/**
 * Each prompt once, and the rows that hang on it as branches against its keys and values: [slots, states] log-probs.
 * The first action of all of a prompt's rows is read from the prompt's last column.
 *
 * @param actions  [trunks, share, states]
 */
const together = (
  question: Question,
  branched: NonNullable<Policy['branched']>,
  prompts: tf.Tensor2D,
  pad: tf.Tensor1D,
  actions: tf.Tensor3D,
): Pair => {
  const { policy, mdp, constants, trainable, states } = question
  const [trunks, share] = actions.shape
  const slots = trunks * share
  const trunk = withinContext(prompts, pad, policy.contextLength)
  const width = trunk.tokens.shape[1]
  const last = { start: width - 1, count: 1 }
  const onward = states - 1
  const branches = tf.slice(actions, [0, 0, 0], [trunks, share, onward])
  const after = Array.from({ length: share }, () => width)
  const logits =
    onward === 0
      ? { trunk: policy.logits(constants, trainable, trunk, last) }
      : branched(constants, trainable, { trunk, branches, after }, last)

  const first = tf.reshape(tf.slice(actions, [0, 0, 0], [trunks, share, 1]), [trunks, share])
  const ids = tf.concat([first, tf.fill([trunks, 1], mdp.terminator, 'int32')], 1) as tf.Tensor2D
  const [action, stop] = tf.split(tokenLogProbs(masked(question, logits.trunk, 0), ids), [share, 1], 1)
  const begun: Pair = {
    action: tf.reshape(action!, [slots, 1]),
    stop: tf.reshape(tf.tile(stop!, [1, share]), [slots, 1]),
  }
  if (!('branches' in logits)) return begun
  const taken = tf.reshape(tf.slice(actions, [0, 0, 1], [trunks, share, onward]), [slots, onward]) as tf.Tensor2D
  const then = scoresOf(question, tf.reshape(logits.branches, [slots, onward, policy.vocabSize]), taken, 1)
  return { action: tf.concat([begun.action, then.action], 1), stop: tf.concat([begun.stop, then.stop], 1) }
}

/**
 * Log-probabilities of the learned policy for the actions of a batch and for the terminator at every state, in one
 * teacher-forced pass: one log-sum-exp a state serves both. Masks of the MDP (illegal tokens, minimum length) are in;
 * temperature, top-k and other exploration are not. At t = maxLength a forced leaf has log-probability 0.
 *
 * Rows that share a prompt share its keys and values, gradients included, where the policy can branch.
 *
 * @param trainable null for the frozen reference
 * @returns in the batch's order of rows
 */
export const actionScores = (
  policy: Scored,
  mdp: TokenMDP,
  constants: Tensors,
  trainable: Tensors | null,
  packed: PackedInput,
): ActionScores => {
  const width = mdp.maxLength + 1
  const states = mdp.leaf === 'forced' ? mdp.maxLength : width
  const question = { policy, mdp, constants, trainable, states }
  const [trunks, share] = packed.rowAt.shape as [number, number]
  const rows = packed.slotOf.shape[0]!
  const prompts = packed.prompts as tf.Tensor2D
  const pad = packed.pad as tf.Tensor1D
  const actions = tf.slice(packed.actions as tf.Tensor2D, [0, 0], [rows, states])

  const inOrder = (): Pair => {
    if (share === 1) return apart(question, prompts, pad, actions)
    if (policy.branched === undefined) {
      const trunkOf = tf.floorDiv(packed.slotOf, tf.scalar(share, 'int32'))
      return apart(question, tf.gather(prompts, trunkOf), tf.gather(pad, trunkOf), actions)
    }
    const laid = tf.gather(actions, tf.reshape(packed.rowAt, [trunks * share]))
    const found = together(question, policy.branched, prompts, pad, tf.reshape(laid, [trunks, share, states]))
    return { action: tf.gather(found.action, packed.slotOf), stop: tf.gather(found.stop, packed.slotOf) }
  }
  const leaf = (x: tf.Tensor): tf.Tensor2D =>
    (states === width ? x : tf.concat([x, tf.zeros([rows, width - states])], 1)) as tf.Tensor2D
  const { action, stop } = inOrder()
  return { logPF: leaf(action), logPTerm: leaf(stop) }
}

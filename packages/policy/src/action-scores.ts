import { type TokenMDP, shiftTable } from '@gfnlm/env'
import { tokenLogProbs } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { hiddenStates } from './heads/hidden-states.ts'
import type { PackedRows } from './pack-rows.ts'
import type { Policy, Tensors, TokenInput } from './policy.ts'

/** What the learned policy says of every state and action of a batch. */
export interface ActionScores {
  /** [rows, maxLength + 1] log P_F of the action taken at each state, nats. Anything past the terminator. */
  readonly logPF: tf.Tensor2D
  /** [rows, maxLength + 1] log P_F(terminator | s_t), nats. */
  readonly logPTerm: tf.Tensor2D
}

/** What else is read of every state, in the pass that scores its actions. */
export interface Readers {
  /** [rows, count] of the next-token logits [rows, count, vocab], the MDP's masks (−∞) in them: entropy. */
  readonly ofLogits?: (logits: tf.Tensor3D) => tf.Tensor2D
  /**
   * [rows, count] of the hidden states [rows, count, hidden]: a value head. With it rows that share a prompt are not
   * branches of it, and the policy needs `hidden` and `unembed`.
   */
  readonly ofHidden?: (hidden: tf.Tensor3D) => tf.Tensor2D
}

/** What was read, by the reader's name: [rows, maxLength + 1]; 0 at a forced leaf. */
export type Read<R extends Readers> = { readonly [K in keyof R & keyof Readers]: tf.Tensor2D }

/** A batch inside a compiled function: the tensors of `packRows`. */
export type PackedInput = { readonly [K in keyof PackedRows]: tf.Tensor }

/** What a policy must have for its actions to be scored; without `branched` a prompt runs once a row. */
type Scored = Pick<Policy, 'logits' | 'vocabSize'> &
  Partial<Pick<Policy, 'name' | 'branched' | 'contextLength' | 'hidden' | 'unembed'>>

/** One question: who is asked, with which parameters, about which states. */
interface Question {
  readonly policy: Scored
  readonly mdp: TokenMDP
  readonly constants: Tensors
  readonly trainable: Tensors | null
  /** States scored: t = 0 … states − 1. A forced leaf is none. */
  readonly states: number
  readonly read: Readers
}

/** Log-probabilities of actions and of the terminator, and what was read beside them, alike in shape. */
interface Scores {
  readonly action: tf.Tensor
  readonly stop: tf.Tensor
  readonly ofLogits?: tf.Tensor
  readonly ofHidden?: tf.Tensor
}

/** The same done to each of the scores. */
const each = (scores: Scores, change: (x: tf.Tensor, name: keyof Scores) => tf.Tensor): Scores =>
  Object.fromEntries(
    Object.entries(scores).map(([name, x]) => [name, change(x, name as keyof Scores)]),
  ) as unknown as Scores

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

/** Logits [n, count, vocab] in which the terminator's is that of all ids that end a completion. */
const withEnds = ({ terminator, ends = [], logitShift: shift }: TokenMDP, logits: tf.Tensor3D): tf.Tensor3D => {
  if (ends.length === 0) return logits
  const [n, count, vocab] = logits.shape
  const more = (id: number): number => (shift?.[id] ?? 0) - (shift?.[terminator] ?? 0)
  const each = [terminator, ...ends.filter((id) => more(id) > -Infinity)].map((id) =>
    tf.add(tf.slice(logits, [0, 0, id], [n, count, 1]), more(id)),
  )
  const isTerminator = tf.tensor(
    Uint8Array.from({ length: vocab }, (_, id) => Number(id === terminator)),
    [1, 1, vocab],
    'bool',
  )
  return tf.where(isTerminator, tf.logSumExp(tf.concat(each, 2), 2, true), logits)
}

/** Logits [n, states, vocab] of the states from `first` on, with the MDP's masks in them, as a matrix. */
const masked = ({ policy: { vocabSize }, mdp, states }: Question, logits: tf.Tensor3D, first: number): tf.Tensor2D => {
  const [n, count] = logits.shape
  const table = shiftTable(mdp, vocabSize, states)
  const flat = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [n * count, vocabSize])
  if (table === undefined) return flat(logits)
  const shift = table.rows === 1 ? table.data : table.data.subarray(first * vocabSize, (first + count) * vocabSize)
  return flat(tf.add(withEnds(mdp, logits), tf.tensor(shift, [1, shift.length / vocabSize, vocabSize])))
}

/** [n, count] what is read of masked logits [n · count, vocab], where something is. */
const readLogits = ({ read: { ofLogits } }: Question, logits: tf.Tensor2D, n: number): Pick<Scores, 'ofLogits'> => {
  const [cells, vocab] = logits.shape
  return ofLogits === undefined ? {} : { ofLogits: ofLogits(tf.reshape(logits, [n, cells / n, vocab])) }
}

/** Log-probs of one action a state, and of the terminator: both [n, states], from one log-sum-exp. */
const scoresOf = (question: Question, logits: tf.Tensor3D, actions: tf.Tensor2D, first: number): Scores => {
  const [n, count] = actions.shape
  const terminator = tf.fill([n, count], question.mdp.terminator, 'int32')
  const ids = tf.reshape(tf.stack([actions, terminator], -1), [n * count, 2]) as tf.Tensor2D
  const legal = masked(question, logits, first)
  const [action, stop] = tf.split(tokenLogProbs(legal, ids), 2, 1)
  return {
    action: tf.reshape(action!, [n, count]),
    stop: tf.reshape(stop!, [n, count]),
    ...readLogits(question, legal, n),
  }
}

/** Each row as its prompt and its actions: [rows, states] log-probs. */
const apart = (question: Question, prompts: tf.Tensor2D, pad: tf.Tensor1D, actions: tf.Tensor2D): Scores => {
  const { policy, constants, trainable, states, read } = question
  const rows = prompts.shape[0]
  const before = tf.slice(actions, [0, 0], [rows, states - 1])
  const input = withinContext(tf.concat([prompts, before], 1), pad, policy.contextLength)
  const columns = { start: input.tokens.shape[1] - states, count: states }
  if (read.ofHidden === undefined)
    return scoresOf(question, policy.logits(constants, trainable, input, columns), actions, 0)
  const { name = 'the policy', unembed } = policy
  if (unembed === undefined) throw new RangeError(`${name} has no \`unembed\`: its states cannot be read beside logits`)
  const hidden = hiddenStates({ ...policy, name }, constants, trainable, input, columns)
  const scores = scoresOf(question, unembed(constants, trainable, hidden), actions, 0)
  return { ...scores, ofHidden: read.ofHidden(hidden) }
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
): Scores => {
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
  const legal = masked(question, logits.trunk, 0)
  const [action, stop] = tf.split(tokenLogProbs(legal, ids), [share, 1], 1)
  const begun = each({ action: action!, stop: stop!, ...readLogits(question, legal, trunks) }, (x, name) =>
    tf.reshape(name === 'action' ? x : tf.tile(x, [1, share]), [slots, 1]),
  )
  if (!('branches' in logits)) return begun
  const taken = tf.reshape(tf.slice(actions, [0, 0, 1], [trunks, share, onward]), [slots, onward]) as tf.Tensor2D
  const then = scoresOf(question, tf.reshape(logits.branches, [slots, onward, policy.vocabSize]), taken, 1)
  return each(begun, (x, name) => tf.concat([x, then[name]!], 1))
}

/**
 * Log-probabilities of the learned policy for the actions of a batch and for the terminator at every state, in one
 * teacher-forced pass: one log-sum-exp a state serves both. Masks of the MDP (illegal tokens, minimum length) are in;
 * temperature, top-k and other exploration are not. At t = maxLength a forced leaf has log-probability 0.
 *
 * Rows that share a prompt share its keys and values, gradients included, where the policy can branch.
 *
 * @param trainable null for the frozen reference
 * @param read      what else is to be read of the states; default nothing
 * @returns in the batch's order of rows
 * @throws RangeError where hidden states are to be read of a policy that gives none
 * @example
 * const { logPF, ofHidden: value } = actionScores(policy, mdp, constants, trainable, packed, {
 *   ofHidden: (hidden) => tokenValues(parameters, hidden),
 * })
 */
export const actionScores = <R extends Readers = Record<never, never>>(
  policy: Scored,
  mdp: TokenMDP,
  constants: Tensors,
  trainable: Tensors | null,
  packed: PackedInput,
  read?: R,
): ActionScores & Read<R> => {
  const width = mdp.maxLength + 1
  const states = mdp.leaf === 'forced' ? mdp.maxLength : width
  const question: Question = { policy, mdp, constants, trainable, states, read: read ?? {} }
  const [trunks, share] = packed.rowAt.shape as [number, number]
  const rows = packed.slotOf.shape[0]!
  const prompts = packed.prompts as tf.Tensor2D
  const pad = packed.pad as tf.Tensor1D
  const actions = tf.slice(packed.actions as tf.Tensor2D, [0, 0], [rows, states])

  const inOrder = (): Scores => {
    if (share === 1) return apart(question, prompts, pad, actions)
    if (policy.branched === undefined || read?.ofHidden !== undefined) {
      const trunkOf = tf.floorDiv(packed.slotOf, tf.scalar(share, 'int32'))
      return apart(question, tf.gather(prompts, trunkOf), tf.gather(pad, trunkOf), actions)
    }
    const laid = tf.gather(actions, tf.reshape(packed.rowAt, [trunks * share]))
    const found = together(question, policy.branched, prompts, pad, tf.reshape(laid, [trunks, share, states]))
    return each(found, (x) => tf.gather(x, packed.slotOf))
  }
  const leaf = (x: tf.Tensor): tf.Tensor2D =>
    (states === width ? x : tf.concat([x, tf.zeros([rows, width - states])], 1)) as tf.Tensor2D
  const { action, stop, ...others } = inOrder()
  const besides = Object.fromEntries(Object.entries(others).map(([name, x]) => [name, leaf(x)]))
  return { logPF: leaf(action), logPTerm: leaf(stop), ...(besides as Read<R>) }
}

import type { TokenMDP } from '@gfnlm/env'
import { tokenLogProbs } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { givenLogits } from './decoder/read-tokens.ts'
import { ruleRuns } from './mdp-rules.ts'
import type { PackedRows } from './pack-rows.ts'
import type { HeadRules, Policy, Tensors, TokenInput } from './policy.ts'
import { type Stated, stateLogProbs, stated } from './state-log-probs.ts'

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
  /** [rows, count] of the hidden states [rows, count, hidden]: a value head. The policy needs `hidden` and `unembed`. */
  readonly ofHidden?: (hidden: tf.Tensor3D) => tf.Tensor2D
}

/** What was read, by the reader's name: [rows, maxLength + 1]; 0 at a forced leaf. */
export type Read<R extends Readers> = { readonly [K in keyof R & keyof Readers]: tf.Tensor2D }

/** A batch inside a compiled function: the tensors of `packRows`. */
export type PackedInput = { readonly [K in keyof PackedRows]: tf.Tensor }

/** What a policy must have for its actions to be scored; without `branched` a prompt runs once a row. */
type Scored = Pick<Policy, 'logits' | 'vocabSize'> &
  Partial<Pick<Policy, 'name' | 'branched' | 'contextLength' | 'hidden' | 'unembed' | 'logProbs'>>

const mustHaveStates = ({ name = 'the policy', hidden, unembed }: Scored): void => {
  if (hidden === undefined || unembed === undefined)
    throw new RangeError(
      `${name} gives no hidden states that its logits are read from: it needs \`hidden\` and \`unembed\``,
    )
}

/** Who is asked, with which parameters. */
interface Question extends Stated {
  readonly contextLength: number | undefined
  readonly constants: Tensors
  readonly trainable: Tensors | null
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

/** [rows, states, …] of rows that are each their prompt and their actions. */
const apart = (
  { states: statesOf, contextLength, constants, trainable }: Question,
  prompts: tf.Tensor2D,
  pad: tf.Tensor1D,
  actions: tf.Tensor2D,
): tf.Tensor3D => {
  const [rows, states] = actions.shape
  const before = tf.slice(actions, [0, 0], [rows, states - 1])
  const input = withinContext(tf.concat([prompts, before], 1), pad, contextLength)
  return statesOf(constants, trainable, input, { start: input.tokens.shape[1] - states, count: states })
}

/**
 * Each prompt once, and the rows that hang on it as branches against its keys and values: [slots, states, hidden]. The
 * first state of all of a prompt's rows is the prompt's last column.
 *
 * @param actions [trunks, share, states]
 */
const together = (
  { states: statesOf, contextLength, constants, trainable }: Question,
  branched: NonNullable<Policy['branched']>,
  prompts: tf.Tensor2D,
  pad: tf.Tensor1D,
  actions: tf.Tensor3D,
): tf.Tensor3D => {
  const [trunks, share, states] = actions.shape
  const [slots, onward] = [trunks * share, states - 1]
  const trunk = withinContext(prompts, pad, contextLength)
  const width = trunk.tokens.shape[1]
  const last = { start: width - 1, count: 1 }
  const first = (hidden: tf.Tensor3D): tf.Tensor3D =>
    tf.reshape(tf.tile(hidden, [1, share, 1]), [slots, 1, hidden.shape[2]])
  if (onward === 0) return first(statesOf(constants, trainable, trunk, last))
  const branches = tf.slice(actions, [0, 0, 0], [trunks, share, onward])
  const after = Array.from({ length: share }, () => width)
  const found = branched(constants, trainable, { trunk, branches, after }, last)
  return tf.concat([first(found.trunk), tf.reshape(found.branches, [slots, onward, found.branches.shape[3]])], 1)
}

/** [rows, states, …] in the batch's order of rows. */
const inOrder = (question: Question, packed: PackedInput, actions: tf.Tensor2D): tf.Tensor3D => {
  const [trunks, share] = packed.rowAt.shape as [number, number]
  const prompts = packed.prompts as tf.Tensor2D
  const pad = packed.pad as tf.Tensor1D
  if (share === 1) return apart(question, prompts, pad, actions)
  if (question.branched === undefined) {
    const trunkOf = tf.floorDiv(packed.slotOf, tf.scalar(share, 'int32'))
    return apart(question, tf.gather(prompts, trunkOf), tf.gather(pad, trunkOf), actions)
  }
  const laid = tf.gather(actions, tf.reshape(packed.rowAt, [trunks * share]))
  const slots = together(question, question.branched, prompts, pad, tf.reshape(laid, [trunks, share, actions.shape[1]]))
  return tf.gather(slots, packed.slotOf as tf.Tensor1D)
}

/**
 * Log-probs of tokens of each state, [rows, count, k], and what is read of their logits. Whoever reads the logits with a
 * gradient needs them whole.
 */
const scoresOf = (
  question: Question,
  states: tf.Tensor3D,
  tokens: tf.Tensor3D,
  rules: HeadRules,
  ofLogits: Readers['ofLogits'],
): { readonly logProb: tf.Tensor3D; readonly ofLogits?: tf.Tensor2D } => {
  const { unembed, constants, trainable } = question
  if (ofLogits === undefined)
    return { logProb: stateLogProbs(question, constants, trainable, states, tokens, { rules }).logProb }
  const [rows, count, k] = tokens.shape
  const logits = unembed(constants, trainable, states)
  const vocab = logits.shape[2]
  const legal = rules(givenLogits).logits(tf.reshape(logits, [rows * count, vocab]))
  const logProb = tokenLogProbs(legal, tf.reshape(tokens, [rows * count, k]))
  return {
    logProb: tf.reshape(logProb, [rows, count, k]),
    ofLogits: ofLogits(tf.reshape(legal, [rows, count, vocab])),
  }
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
  const count = mdp.leaf === 'forced' ? mdp.maxLength : width
  const { ofLogits, ofHidden }: Readers = read ?? {}
  if (ofHidden !== undefined) mustHaveStates(policy)
  const question: Question = { ...stated(policy), contextLength: policy.contextLength, constants, trainable }
  const rows = packed.slotOf.shape[0]!
  const actions = tf.slice(packed.actions as tf.Tensor2D, [0, 0], [rows, count])
  const states = inOrder(question, packed, actions)
  const tokens = tf.stack([actions, tf.fill([rows, count], mdp.terminator, 'int32')], -1) as tf.Tensor3D

  const runs = ruleRuns(mdp, policy.vocabSize, count).map(({ from, to, rules }) => {
    const own = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [0, from, 0], [rows, to - from, x.shape[2]])
    return scoresOf(question, own(states), own(tokens), rules, ofLogits)
  })
  const joined = <T extends tf.Tensor>(parts: readonly T[]): T => tf.concat([...parts], 1)
  const leaf = (x: tf.Tensor): tf.Tensor2D => {
    const cells: tf.Tensor2D = tf.reshape(x, [rows, count])
    return count === width ? cells : tf.concat([cells, tf.zeros([rows, width - count])], 1)
  }
  const [logPF, logPTerm] = tf.split(joined(runs.map(({ logProb }) => logProb)), 2, 2)
  const besides = {
    ...(ofLogits === undefined ? {} : { ofLogits: leaf(joined(runs.map((run) => run.ofLogits!))) }),
    ...(ofHidden === undefined ? {} : { ofHidden: leaf(ofHidden(states)) }),
  }
  return { logPF: leaf(logPF!), logPTerm: leaf(logPTerm!), ...(besides as Read<R>) }
}

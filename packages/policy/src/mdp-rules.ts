import { type TokenMDP, stateShift } from '@gfnlm/env'
import type { Head } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import type { HeadRules } from './policy.ts'
import { shifted } from './shifted.ts'

/** States t = from … to − 1, in which the same is legal. */
export interface RuleRun {
  readonly from: number
  readonly to: number
  readonly rules: HeadRules
}

/** A head whose logit of the terminator is that of all ids that end a completion. */
const withEnds = ({ terminator, ends = [], logitShift: shift }: TokenMDP, head: Head): Head => {
  if (ends.length === 0) return head
  const more = (id: number): number => (shift?.[id] ?? 0) - (shift?.[terminator] ?? 0)
  const ids = [terminator, ...ends.filter((id) => more(id) > -Infinity)]
  /** [n, 1] of the ends' logits [n, ids.length] */
  const together = (logits: tf.Tensor): tf.Tensor2D => tf.logSumExp(tf.add(logits, tf.tensor1d(ids.map(more))), 1, true)
  return {
    logits: (x) => {
      const logits = head.logits(x)
      const [n, vocab] = logits.shape
      const each = ids.map((id) => tf.slice(logits, [0, id], [n, 1]))
      const isTerminator = tf.tensor(
        Uint8Array.from({ length: vocab }, (_, id) => Number(id === terminator)),
        [1, vocab],
        'bool',
      )
      return tf.where(isTerminator, together(tf.concat(each, 1)), logits)
    },
    logitsOf: (x, tokens) => {
      const all = tf.tile(tf.tensor2d(ids, [1, ids.length], 'int32'), [x.shape[0], 1])
      const isTerminator = tf.equal(tokens, tf.scalar(terminator, 'int32'))
      return tf.where(isTerminator, together(head.logitsOf(x, all)), head.logitsOf(x, tokens))
    },
  }
}

/**
 * What the MDP makes of a head in its states t = 0 … states − 1, illegal tokens masked (−∞): one run of states where the
 * terminator may not be taken yet, one where it may.
 */
export const ruleRuns = (mdp: TokenMDP, vocab: number, states: number): readonly RuleRun[] => {
  const rulesAt =
    (t: number): HeadRules =>
    (head) => {
      const shift = stateShift(mdp, vocab, t)
      if (shift === undefined) return head
      return shifted(tf.tensor1d(shift))(t < mdp.minLength ? head : withEnds(mdp, head))
    }
  const early = Math.min(mdp.minLength, states)
  return [
    { from: 0, to: early, rules: rulesAt(0) },
    { from: early, to: states, rules: rulesAt(early) },
  ].filter(({ from, to }) => from < to)
}

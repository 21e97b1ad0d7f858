import * as tf from '@tensorflow/tfjs-core'
import { detach } from './detach.ts'
import { BLOCK, type ReadTokens, headLogProbs, inBlocks, named } from './head-log-probs.ts'
import { type Head, type Readings, columnsOf, scoredBlock, slopeOf } from './scored-block.ts'

/** [n, width] slopes of [n, width] hidden states, as constants: how they change with the states nobody knows. */
const onlyOnce: (slopes: tf.Tensor2D, hidden: tf.Tensor2D) => tf.Tensor2D = /* #__PURE__ */ tf.customGrad((slopes) => ({
  value: tf.clone(slopes as tf.Tensor),
  gradFunc: () => {
    throw new RangeError('log-probs of a frozen head have no second derivative: take `tokenLogProbs` of its logits')
  },
})) as (slopes: tf.Tensor2D, hidden: tf.Tensor2D) => tf.Tensor2D

/**
 * Log-probs `value` [n, k] as logits [n, k] less what the rows' log-sum-exp is, whose slopes in `hidden` are known.
 */
const withSlopes = (hidden: tf.Tensor2D, logits: tf.Tensor2D, value: tf.Tensor2D, slopes: tf.Tensor2D): tf.Tensor2D =>
  tf.customGrad((...given) => {
    const save = given[2] as unknown as tf.GradSaveFunc
    save([slopes, hidden])
    return {
      value: tf.clone(value),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [known, at] = saved as [tf.Tensor2D, tf.Tensor2D]
        return [tf.mul(onlyOnce(known, at), tf.neg(tf.sum(dy, 1, true))), dy]
      },
    }
  })(hidden, logits) as tf.Tensor2D

/**
 * Log-probabilities of k tokens a row by a head that does not train: `tokenLogProbs(head.logits(hidden), ids)`, of which
 * [n, vocab] is never whole in memory. The gradient of a row's log-sum-exp is one vector, whatever comes back, so it is
 * made beside the value, and the logits of a block of rows are gone when the next begins; that of a token's own logit
 * takes the token's part of the head and nothing else of it:
 *
 *   log p(id) = logits[id] − log Σ_v exp logits[v],   ∂/∂hidden = Jᵀ 1[v = id] − Jᵀ softmax(logits),   J = ∂ head
 *
 * Nothing that `head` reads besides `hidden` gets a gradient, and nothing flows through `read`. The vector costs as
 * much as the logits: without a tape, hence without a gradient, it is left out.
 *
 * @param hidden [n, width]
 * @param ids [n, k] int32, from 0 to vocab − 1, which is not checked here: see `flatIds`
 * @param head whose logits of some tokens may differ from those among all by rounding and by what is constant: a mask
 * @param readings what else is to be read of each row's logits, by name
 * @param block rows whose logits are there at one time, default 512
 * @returns log-probs [n, k], nats
 * @throws RangeError where a second derivative is asked for
 * @example frozenHeadLogProbs(hidden, ids, matrixHead(embedding)).logProb
 */
export const frozenHeadLogProbs = <Name extends string = never>(
  hidden: tf.Tensor2D,
  ids: tf.Tensor2D,
  head: Head,
  readings: Readings<Name> = {} as Readings<Name>,
  block: number = BLOCK,
): ReadTokens<Name> => {
  if (tf.engine().state.gradientDepth === 0) return headLogProbs(hidden, ids, head, readings, block)
  const [width, k] = [hidden.shape[1], ids.shape[1]]
  // One array, so that whoever runs the graph is done with a block's logits when it begins the next.
  const found = inBlocks(detach(hidden), ids, block, (states, tokens) => {
    const scored = scoredBlock(states, tokens, head)
    return tf.concat([slopeOf(states, head, scored), ...columnsOf(scored, readings)], 1)
  })
  const widths = [width, k, ...Array<number>(found.shape[1] - width - k).fill(1)]
  const [slopes, value, ...read] = tf.split<tf.Tensor2D>(found, widths, 1)
  return { logProb: withSlopes(hidden, head.logitsOf(hidden, ids), value!, slopes!), read: named(readings, read) }
}

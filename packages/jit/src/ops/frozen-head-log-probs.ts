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

/** `value` [n], whose slopes in `hidden` are known. */
const withSlopes = (hidden: tf.Tensor2D, value: tf.Tensor1D, slopes: tf.Tensor2D): tf.Tensor1D =>
  tf.customGrad((...given) => {
    const save = given[1] as unknown as tf.GradSaveFunc
    save([slopes, hidden])
    return {
      value: tf.clone(value),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [known, at] = saved as [tf.Tensor2D, tf.Tensor2D]
        return tf.mul(onlyOnce(known, at), tf.reshape(dy, [value.size, 1]))
      },
    }
  })(hidden) as tf.Tensor1D

/**
 * Log-probabilities of one token a row by a head that does not train: `tokenLogProbs(head(hidden), ids)`, of which
 * [n, vocab] is never whole in memory. The gradient is linear in what comes back, so its vector is made beside the
 * value, and the logits of a block of rows are gone when the next begins:
 *
 *   log p(id) = logits[id] − log Σ_v exp logits[v],   ∂/∂hidden = Jᵀ (1[v = id] − softmax(logits)[v]),   J = ∂ head
 *
 * Nothing that `head` reads besides `hidden` gets a gradient, and nothing flows through `read`. The vector costs as
 * much as the logits: without a tape, hence without a gradient, it is left out.
 *
 * @param hidden [n, width]
 * @param ids [n] int32, from 0 to vocab − 1, which is not checked here: see `flatIds`
 * @param head [rows, width] → [rows, vocab], row by row
 * @param readings what else is to be read of each row's logits, by name
 * @param block rows whose logits are there at one time, default 512
 * @throws RangeError where a second derivative is asked for
 * @example frozenHeadLogProbs(hidden, ids, (x) => tf.matMul(x, embedding, false, true)).logProb
 */
export const frozenHeadLogProbs = <Name extends string = never>(
  hidden: tf.Tensor2D,
  ids: tf.Tensor1D,
  head: Head,
  readings: Readings<Name> = {} as Readings<Name>,
  block: number = BLOCK,
): ReadTokens<Name> => {
  if (tf.engine().state.gradientDepth === 0) return headLogProbs(hidden, ids, head, readings, block)
  const [n, width] = hidden.shape
  // One array, so that whoever runs the graph is done with a block's logits when it begins the next.
  const found = inBlocks(detach(hidden), ids, block, (states, tokens) => {
    const scored = scoredBlock(states, tokens, head)
    return tf.concat([slopeOf(states, head, scored), ...columnsOf(scored, readings)], 1)
  })
  const widths = [width, ...Array<number>(found.shape[1] - width).fill(1)]
  const [slopes, value, ...read] = tf.split<tf.Tensor2D>(found, widths, 1)
  return { logProb: withSlopes(hidden, tf.reshape(value!, [n]), slopes!), read: named(readings, read) }
}

import * as tf from '@tensorflow/tfjs-core'
import { countedWeight } from './terms.ts'

/** x itself, through which the gradient of the rows of weight 0 is 0, whatever came back for them. */
const gated = (x: tf.Tensor, weight: tf.Tensor1D): tf.Tensor => {
  const counts = tf.reshape(tf.notEqual(countedWeight(weight), 0), [weight.shape[0], ...x.shape.slice(1).map(() => 1)])
  const gate = tf.customGrad((given, save) => {
    const keep = save as tf.GradSaveFunc
    keep([counts])
    return {
      value: tf.clone(given as tf.Tensor),
      gradFunc: (dy, [saved]) => tf.where(saved as tf.Tensor, dy as tf.Tensor, tf.zerosLike(dy as tf.Tensor)),
    }
  })
  return gate(x)
}

/**
 * The inputs of a loss, through which no gradient returns into a row of weight 0. `reduce` takes such a row's term out
 * of the loss; where the term is not finite, its derivative times 0 still is NaN, and that is what stops here. Numbers
 * that rows share (one log Z for all) are given to each row, so that theirs is a sum over the rows that count.
 *
 * @param inputs tensors with rows first, or scalars; the loss must take [rows] for a scalar it is given
 * @param weight [rows]
 * @example
 * reduce(trajectoryBalance()(gateRows(batch, weight)), weight)
 */
export const gateRows = <In extends object>(inputs: In, weight: tf.Tensor1D): In => {
  const byRow = (x: tf.Tensor): tf.Tensor => (x.rank === 0 ? tf.add(x, tf.zerosLike(weight)) : x)
  const named = Object.entries(inputs) as [string, tf.Tensor | undefined][]
  return Object.fromEntries(
    named.map(([name, x]) => [name, x?.dtype === 'float32' ? gated(byRow(x), weight) : x]),
  ) as In
}

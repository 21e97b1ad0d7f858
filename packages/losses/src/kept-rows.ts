import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from './check-shape.ts'

/** What stands for ±∞, nats: differences and squares of it are numbers still. */
const MOST = 1e9

/** Inputs whose rows count or do not. */
export interface Keepable {
  /** [rows] 0 leaves a row out of loss and metrics, whatever it holds. Default: all are kept. */
  readonly keep?: tf.Tensor1D
}

/** Inputs that may be computed with, and which of their rows count. */
export interface KeptRows<Inputs> {
  /** [rows] bool */
  readonly kept: tf.Tensor1D
  readonly inputs: Inputs
}

type Tensors = Readonly<Record<string, tf.Tensor | undefined>>

/**
 * Checks that every input has one number a row ([rows], or [] for a number that all rows share), and puts a number
 * where there is none: −1 in rows that are not kept, ±1e9 for ±∞. So −∞ log-probabilities have a defined loss (that of
 * e^−1e9; impossible under policy and reference alike is a ratio of 1), and no gradient. A NaN in a kept row stays one.
 *
 * @throws RangeError naming the input whose shape is wrong
 */
export const keptRows = <Inputs extends Keepable>(caller: string, given: Inputs): KeptRows<Inputs> => {
  const { keep, ...rest } = given
  const tensors = Object.entries(rest as Tensors).flatMap(([name, x]) => (x === undefined ? [] : [[name, x] as const]))
  const [first, leading] = tensors.find(([, x]) => x.rank > 0) ?? tensors[0]!
  checkRank(caller, first, leading, ['rows'])
  const rows = leading.shape[0]!
  for (const [name, x] of tensors) if (x.rank > 0) checkShape(caller, name, x, { rows })
  if (keep !== undefined) checkShape(caller, 'keep', keep, { rows })

  const kept = tf.greater<tf.Tensor1D>(tf.cast(keep ?? tf.ones([rows]), 'float32'), 0)
  const filled = (x: tf.Tensor): tf.Tensor => {
    const finite = tf.clipByValue(tf.cast(x, 'float32'), -MOST, MOST)
    return x.rank === 0 ? finite : tf.where(kept, finite, tf.fill([rows], -1))
  }
  return { kept, inputs: Object.fromEntries(tensors.map(([name, x]) => [name, filled(x)])) as unknown as Inputs }
}

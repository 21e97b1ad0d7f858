import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from './check-shape.ts'
import { FAR_REWARD, finite, ruledOut, untaught } from './ruled-out.ts'

/** Inputs whose rows count or do not. */
export interface Keepable {
  /** [rows] 0 leaves a row out of loss and metrics, whatever it holds. Default: all are kept. */
  readonly keep?: tf.Tensor1D
}

/** Inputs that may be computed with, and which of their rows count. */
export interface KeptRows<Inputs> {
  /** [rows] bool */
  readonly kept: tf.Tensor1D
  /** [rows] bool: those of them that are not ruled out. Of these metrics tell. */
  readonly told: tf.Tensor1D
  readonly inputs: Inputs
}

type Tensors = Readonly<Record<string, tf.Tensor | undefined>>

/**
 * Checks that every input has one number a row ([rows], or [] for a number that all rows share), and puts a number
 * where there is none: −1 in rows that are not kept, ±1e6 for ±∞ (±1e15 in rewards). A row with such an input is ruled out:
 * it has a loss, which is a constant. A NaN in a kept row stays one.
 *
 * @param rewards names of the inputs that are in units of reward, not in nats
 * @throws RangeError naming the input whose shape is wrong
 */
export const keptRows = <Inputs extends Keepable>(
  caller: string,
  given: Inputs,
  rewards: readonly string[] = [],
): KeptRows<Inputs> => {
  const far = (name: string): number | undefined => (rewards.includes(name) ? FAR_REWARD : undefined)
  const { keep, ...rest } = given
  const tensors = Object.entries(rest as Tensors).flatMap(([name, x]) => (x === undefined ? [] : [[name, x] as const]))
  const [first, leading] = tensors.find(([, x]) => x.rank > 0) ?? tensors[0]!
  checkRank(caller, first, leading, ['rows'])
  const rows = leading.shape[0]!
  for (const [name, x] of tensors) if (x.rank > 0) checkShape(caller, name, x, { rows })
  if (keep !== undefined) checkShape(caller, 'keep', keep, { rows })

  const kept = tf.greater<tf.Tensor1D>(tf.cast(keep ?? tf.ones([rows]), 'float32'), 0)
  const filled = tensors.map(([name, x]) => {
    const held = finite(tf.cast(x, 'float32'), far(name))
    return [name, x.rank === 0 ? held : tf.where(kept, held, tf.fill([rows], -1))] as const
  })
  const lost = filled.reduce<tf.Tensor1D>((sum, [name, x]) => tf.add(sum, ruledOut(x, far(name))), tf.zeros([rows]))
  const inputs = filled.map(([name, x]) => [name, x.rank === 0 ? x : untaught(lost, x)] as const)
  const told = tf.greater<tf.Tensor1D>(tf.sub(tf.cast(kept, 'float32'), lost), 0)
  return { kept, told, inputs: Object.fromEntries(inputs) as unknown as Inputs }
}

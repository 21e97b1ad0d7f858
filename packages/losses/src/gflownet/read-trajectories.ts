import * as tf from '@tensorflow/tfjs-core'
import { finite, ruledOut, untaught } from '../ruled-out.ts'
import { type Extent, type TrajectoryInputs, extentOf } from './trajectory-inputs.ts'

/** Which numbers of which inputs a loss reads: masks by name, [rows, states] or [rows]. */
export type Reads = Readonly<Record<string, tf.Tensor>>

/** A batch that may be computed with, and what of it exists. */
export interface ReadTrajectories<Batch> {
  readonly batch: Batch
  readonly extent: Extent
}

/** [rows] how many of the numbers that are read are ruled out. */
const lostIn = (x: tf.Tensor, mask: tf.Tensor): tf.Tensor1D =>
  tf.sum(tf.reshape(tf.mul(tf.cast(mask, 'float32'), ruledOut(x)), [x.shape[0]!, -1]), 1)

const byRow = (x: tf.Tensor, rows: tf.Tensor1D): tf.Tensor => (x.rank === 0 ? tf.add(x, tf.zerosLike(rows)) : x)

/**
 * Checks a batch as `extentOf` does, and rules out the rows in which a number that is read is infinite (a token that was
 * forbidden, a reward of 0): with ±1e6 for ±∞ they have a loss, and no gradient.
 * A scalar that is read is given to each row.
 *
 * @param reads what the loss reads beside, or other than, tokens where one was taken and rewards and terminators at the
 *              end
 */
export const readTrajectories = <Batch extends TrajectoryInputs>(
  caller: string,
  given: Batch,
  reads: (extent: Extent) => Reads = () => ({}),
): ReadTrajectories<Batch> => {
  const extent = extentOf(caller, given)
  const { taken, last, kept } = extent
  const all = given as unknown as Readonly<Record<string, tf.Tensor>>
  const read = Object.entries({ logPF: taken, logPTerm: last, logReward: last, ...reads(extent) })
  const named = read.map(([name, mask]) => ({ name, mask, x: byRow(all[name], kept) }))
  // One by one: not every device has the sum of many.
  const lost = named.map(({ x, mask }) => lostIn(x, mask)).reduce((sum, more) => tf.add(sum, more))
  const lostFor = (x: tf.Tensor): tf.Tensor => (x.rank === 1 ? lost : tf.expandDims(lost, 1))
  const held = named.map(({ name, x }) => [name, untaught(lostFor(x), finite(x))] as const)
  return {
    batch: { ...given, ...Object.fromEntries(held) },
    extent: { ...extent, told: tf.where(tf.greater(lost, 0), tf.zerosLike(kept), kept) },
  }
}

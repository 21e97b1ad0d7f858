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

/**
 * Checks a batch as `extentOf` does, and rules out the rows in which a number that is read is infinite (a token that was
 * forbidden, a reward of 0): with ±1e6 for ±∞ they have a loss, and no gradient.
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
  const named = given as unknown as Readonly<Record<string, tf.Tensor>>
  const read = Object.entries({ logPF: taken, logPTerm: last, logReward: last, ...reads(extent) })
  // One by one: not every device has the sum of many.
  const lost = read.map(([name, mask]) => lostIn(named[name], mask)).reduce((sum, more) => tf.add(sum, more))
  const byRow = (x: tf.Tensor): tf.Tensor => (x.rank === 1 ? lost : tf.expandDims(lost, 1))
  const held = read.map(([name]) => [name, untaught(byRow(named[name]), finite(named[name]))] as const)
  return {
    batch: { ...given, ...Object.fromEntries(held) },
    extent: { ...extent, told: tf.where(tf.greater(lost, 0), tf.zerosLike(kept), kept) },
  }
}

import * as tf from '@tensorflow/tfjs-core'
import { viewAs } from './broadcast.ts'
import { rowNumbers, swapMiddle, tableOf } from './gather-rows.ts'
import { noGradient } from './gate.ts'
import { rule } from './rule.ts'

/**
 * The adjoint of a gather: adds every gathered slice to the place it came from. One segment sum over rows: the batch
 * axes become an offset of the indices, and the axes before the gathered one move behind it.
 *
 * @param dy       batch + outer + gathered + inner
 * @param indices  batch + gathered, int32
 * @param shape    batch + outer + [axis] + inner, of the tensor gathered from
 */
const scatterAdd = (dy: tf.Tensor, indices: tf.Tensor, shape: number[], axis: number, batchDims: number): tf.Tensor => {
  const table = tableOf(shape, axis, batchDims)
  const { batch, outer, length, inner } = table
  const gathered = indices.size / batch
  const slices = swapMiddle(viewAs(dy, [batch, outer, gathered, inner]))
  const rows = tf.reshape(slices, [batch * gathered, outer * inner])
  const sums = tf.unsortedSegmentSum(rows, rowNumbers(indices, table), batch * length)
  return tf.reshape(outer === 1 ? sums : swapMiddle(tf.reshape(sums, [batch, length, outer, inner])), shape)
}

const withRank = (t: tf.Tensor, rank: number): tf.Tensor =>
  tf.reshape(t, [...t.shape, ...Array<number>(rank - t.rank).fill(1)])

/** Reading rows by index, and its adjoint. A segment id below 0 drops its row, forwards and backwards. */
export const gather: readonly tf.GradConfig[] = [
  rule<tf.GatherV2Attrs>('GatherV2', { inputs: ['x', 'indices'] }, ([dy], [x, indices], { axis, batchDims }) => ({
    x: () => scatterAdd(dy, indices, x.shape, axis < 0 ? axis + x.rank : axis, batchDims),
    indices: noGradient(indices),
  })),
  rule('UnsortedSegmentSum', { inputs: ['segmentIds'] }, ([dy], [segmentIds]) => ({
    x: () => {
      const rows = tf.gather(dy, tf.maximum(segmentIds, tf.scalar(0, 'int32')))
      const present = tf.cast(tf.greaterEqual(segmentIds, tf.scalar(0, 'int32')), 'float32')
      return tf.mul(rows, withRank(present, rows.rank))
    },
    segmentIds: noGradient(segmentIds),
  })),
]

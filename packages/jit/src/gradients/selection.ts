import * as tf from '@tensorflow/tfjs-core'
import { rowNumbers, tableOf } from './gather-rows.ts'
import { gate, noGradient, zeros } from './gate.ts'
import { rule } from './rule.ts'

/** Operations that pick elements: what was picked gets the gradient, the rest zero even where it is not finite. */
export const selection: readonly tf.GradConfig[] = [
  rule('Select', { inputs: ['condition'] }, ([dy], [condition]) => ({
    condition: noGradient(condition),
    t: () => gate(condition, dy),
    e: () => tf.where(condition, zeros(dy.shape), dy),
  })),
  rule('TopK', { inputs: ['x'], outputs: [false, true] }, ([dy], [x, indices]) => ({
    x: () => {
      const table = tableOf(x.shape, x.rank - 1, x.rank - 1)
      const positions = rowNumbers(indices, table)
      return tf.reshape(tf.unsortedSegmentSum(tf.reshape(dy, [-1]), positions, x.size), x.shape)
    },
  })),
]

import * as tf from '@tensorflow/tfjs-core'
import { rule } from './rule.ts'

/** Element i of a cumulative sum is read by every later sum: the adjoint accumulates from the other end. */
export const cumulative: readonly tf.GradConfig[] = [
  rule<tf.CumsumAttrs>('Cumsum', {}, ([dy], _, { axis, exclusive, reverse }) => ({
    x: () => tf.cumsum(dy, axis, exclusive, !reverse),
  })),
]

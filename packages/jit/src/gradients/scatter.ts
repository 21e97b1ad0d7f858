import * as tf from '@tensorflow/tfjs-core'
import { zeros } from './gate.ts'
import { rule } from './rule.ts'

const noGradient = (indices: tf.Tensor) => (): tf.Tensor => zeros(indices.shape)

/**
 * Reading and writing by coordinates ([..., k] indices of the first k axes). Repeated coordinates add up in ScatterNd;
 * in TensorScatterUpdate they make the result, so the gradient too, unspecified.
 */
export const scatter: readonly tf.GradConfig[] = [
  rule('GatherNd', { inputs: ['params', 'indices'] }, ([dy], [params, indices]) => ({
    params: () => tf.scatterND(indices, dy, params.shape),
    indices: noGradient(indices),
  })),
  rule('ScatterNd', { inputs: ['indices'] }, ([dy], [indices]) => ({
    updates: () => tf.gatherND(dy, indices),
    indices: noGradient(indices),
  })),
  rule('TensorScatterUpdate', { inputs: ['indices', 'updates'] }, ([dy], [indices, updates]) => ({
    tensor: () => tf.tensorScatterUpdate(dy, indices, zeros(updates.shape)),
    updates: () => tf.gatherND(dy, indices),
    indices: noGradient(indices),
  })),
]

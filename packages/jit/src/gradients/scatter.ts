import * as tf from '@tensorflow/tfjs-core'
import { noGradient, zeros } from './gate.ts'
import { rule } from './rule.ts'

/**
 * Reading and writing by coordinates ([..., k] indices of the first k axes; GfnlmScatterAdd, by position on one axis).
 * Repeated coordinates add up, except in TensorScatterUpdate, where they make the result, so the gradient too,
 * unspecified.
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
  rule('GfnlmScatterAdd', { inputs: ['indices'] }, ([dy], [indices]) => ({
    base: () => tf.clone(dy),
    indices: noGradient(indices),
    values: () => tf.gather(dy, indices),
  })),
  rule('TensorScatterUpdate', { inputs: ['indices', 'updates'] }, ([dy], [indices, updates]) => ({
    tensor: () => tf.tensorScatterUpdate(dy, indices, zeros(updates.shape)),
    updates: () => tf.gatherND(dy, indices),
    indices: noGradient(indices),
  })),
]

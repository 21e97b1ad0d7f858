import * as tf from '@tensorflow/tfjs-core'
import { TRACE_BACKEND } from '../trace/backend.ts'

/**
 * base [n] with values [k] added at positions indices [k] (int32); equal indices add up.
 *
 * Compiled it is one in-place scatter; eagerly it is composed. It has no gradient of its own: it is what gradients
 * are made of.
 */
export const scatterAdd = (base: tf.Tensor1D, indices: tf.Tensor1D, values: tf.Tensor1D): tf.Tensor1D =>
  tf.engine().backendName === TRACE_BACKEND
    ? tf.engine().runKernel('GfnlmScatterAdd', { base, indices, values } as unknown as tf.NamedTensorMap)
    : tf.add(base, tf.unsortedSegmentSum(values, indices, base.shape[0]))

import * as tf from '@tensorflow/tfjs-core'
import { TRACE_BACKEND } from '../trace/backend.ts'

/**
 * One operator where a function is being compiled (a lowering of `kernel`), the same composed of tfjs ops elsewhere.
 * Absent inputs are left out.
 */
export const fused = (
  kernel: string,
  inputs: Readonly<Record<string, tf.Tensor | undefined>>,
  attributes: tf.NamedAttrMap,
  composed: () => tf.Tensor[],
): tf.Tensor[] => {
  if (tf.engine().backendName !== TRACE_BACKEND) return composed()
  const present = Object.fromEntries(Object.entries(inputs).filter(([, t]) => t !== undefined)) as tf.NamedTensorMap
  const out = tf.engine().runKernel(kernel, present, attributes) as tf.Tensor | tf.Tensor[]
  return Array.isArray(out) ? out : [out]
}

import * as tf from '@tensorflow/tfjs-core'
import { geluTanh, silu } from '../ops/activations.ts'
import { layerNorm, rmsNorm } from '../ops/norms.ts'
import { opCase, spread, type OpCase } from './op-case.ts'

/** What a compiled graph has in one operator. */
export const fusedCases: readonly OpCase[] = [
  opCase('GfnlmGeluTanh', 'gelu, tanh form', [spread([3, 5], -6, 6)], geluTanh),
  opCase('GfnlmSilu', 'silu', [spread([3, 5], -6, 6)], silu),
  opCase('GfnlmLayerNorm', 'layer norm with weight and bias', [spread([3, 4]), spread([4], 1, 2), spread([4])], (x, w, b) =>
    layerNorm(1e-5)(x, w, b)),
  opCase('GfnlmLayerNorm', 'layer norm of three axes, without bias', [spread([2, 3, 4], -1, 5), spread([4])], (x, w) =>
    layerNorm(1e-3)(x, w)),
  opCase('GfnlmRmsNorm', 'rms norm', [spread([3, 4], -1, 5), spread([4], 1, 2)], rmsNorm(1e-5)),
  opCase('GfnlmRmsNorm', 'rms norm of three axes', [spread([2, 2, 4]), spread([4])], rmsNorm(1e-2)),
  opCase(['GfnlmGeluTanh', 'GfnlmLayerNorm'], 'a block of both', [spread([3, 4]), spread([4], 1, 2), spread([4, 4], -1, 1)], (x, w, m) =>
    tf.add(x, tf.matMul(geluTanh(tf.matMul(layerNorm(1e-5)(x, w) as tf.Tensor2D, m as tf.Tensor2D)), m as tf.Tensor2D))),
]

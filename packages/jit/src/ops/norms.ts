import * as tf from '@tensorflow/tfjs-core'
import { fused } from './fused.ts'

type Norm = (x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor) => tf.Tensor

/** [value, mean, 1/σ] of a layer norm, [value, 1/σ] of a root-mean-square norm. */
type Computed = (x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor) => tf.Tensor[]

const layer =
  (eps: number): Computed =>
  (x, weight, bias) =>
    fused('GfnlmLayerNorm', { x, weight, bias }, { eps }, () => {
      const mean = tf.mean(x, -1, true)
      const centred = tf.sub(x, mean)
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps))
      const scaled = tf.mul(tf.mul(centred, inverse), weight)
      return [bias === undefined ? scaled : tf.add(scaled, bias), mean, inverse]
    })

const rms =
  (eps: number): Computed =>
  (x, weight) =>
    fused('GfnlmRmsNorm', { x, weight }, { eps }, () => {
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps))
      return [tf.mul(tf.mul(x, inverse), weight), inverse]
    })

const overRows = (t: tf.Tensor): tf.Tensor => tf.sum(tf.reshape(t, [-1, t.shape.at(-1)!]), 0)

/**
 * With n = (x − mean) / σ and g = dy · weight: dx = (g − mean g − n · mean(g · n)) / σ, without the mean of g where
 * nothing was centred; dweight = Σ_rows dy · n; dbias = Σ_rows dy. Mean and σ come from the operator itself, which a
 * compiled graph has once.
 */
const norm = (computed: Computed, centred: boolean): Norm => {
  const run = (x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor => {
    const given = bias === undefined ? [x, weight] : [x, weight, bias]
    return tf.customGrad((...all) => {
      const [tensors, save] = [all.slice(0, given.length) as tf.Tensor[], all.at(-1) as unknown as tf.GradSaveFunc]
      save(tensors)
      return {
        value: computed(tensors[0]!, tensors[1]!, tensors[2])[0]!,
        gradFunc: (dy: tf.Tensor, [x, weight, bias]: tf.Tensor[]) => {
          const parts = computed(x!, weight!, bias)
          const inverse = parts.at(-1)!
          const normal = tf.mul(centred ? tf.sub(x!, parts[1]!) : x!, inverse)
          const g = tf.mul(dy, weight!)
          const along = tf.mul(normal, tf.mean(tf.mul(g, normal), -1, true))
          const across = centred ? tf.sub(g, tf.mean(g, -1, true)) : g
          const gradients = [tf.mul(tf.sub(across, along), inverse), overRows(tf.mul(dy, normal))]
          return bias === undefined ? gradients : [...gradients, overRows(dy)]
        },
      }
    })(...given)
  }
  return run
}

/**
 * Layer normalisation over the last axis: (x − mean x) / √(var x + ε) · weight + bias, var the biased variance.
 *
 * @param x [..., d] float32
 * @param weight [d]
 * @param bias [d], or none
 * @see Ba et al. 2016, arXiv:1607.06450
 * @example layerNorm(1e-5)(tf.tensor2d([[1, 2, 3]]), tf.ones([3])) // => [[-1.2247, 0, 1.2247]]
 */
export const layerNorm = (eps: number): Norm => norm(layer(eps), true)

/**
 * Root-mean-square normalisation over the last axis: x / √(mean x² + ε) · weight.
 *
 * @param x [..., d] float32
 * @param weight [d]
 * @see Zhang & Sennrich 2019, arXiv:1910.07467
 * @example rmsNorm(0)(tf.tensor2d([[3, 4]]), tf.ones([2])) // => [[0.8485, 1.1314]]
 */
export const rmsNorm = (eps: number): ((x: tf.Tensor, weight: tf.Tensor) => tf.Tensor) => norm(rms(eps), false)

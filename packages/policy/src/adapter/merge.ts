import type { HostTensor, HostTensors } from '@gfnlm/jit'
import type { Module } from '../architectures/modules.ts'
import type { LoraScale } from '../decoder/parameters.ts'
import { weightOf } from '../quantize/quantize-weights.ts'

/** An adapter's part in one module. */
export interface LowRank {
  /** [r, in] */
  readonly a: HostTensor
  /** [out, r] */
  readonly b: HostTensor
  readonly scale: number
  /** [out] of DoRA: the norm that each output's merged weights have. */
  readonly magnitude?: HostTensor | undefined
}

const merge = (
  { inputs, outputs, orientation }: Module,
  weight: HostTensor,
  { a, b, scale, magnitude }: LowRank,
): Float32Array => {
  const r = a.shape[0]!
  const merged = Float32Array.from(weight.data)
  // arrays on disk are read when they are asked for
  const [down, up, norms] = [a.data, b.data, magnitude?.data]
  const [first, next] = orientation === 'out-in' ? [inputs, 1] : [1, outputs]
  const row = new Float64Array(inputs)
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) row[i] = merged[o * first + i * next]!
    for (let k = 0; k < r; k++) {
      const factor = scale * up[o * r + k]!
      for (let i = 0; i < inputs; i++) row[i]! += factor * down[k * inputs + i]!
    }
    // A row of zeros has no direction, so no magnitude brings it anywhere.
    const stretch = norms === undefined ? 1 : norms[o]! / (Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1)
    for (let i = 0; i < inputs; i++) merged[o * first + i * next] = stretch * row[i]!
  }
  return merged
}

/**
 * W + scale · B · A in W's own orientation, of DoRA brought to its magnitudes, in float64: the weight of one model
 * without adapter that computes what the adapted one does. Computed when its elements are asked for, each time: a whole
 * model merged is never in memory.
 */
export const mergedWeight = (module: Module, weight: HostTensor, adapter: LowRank): HostTensor => ({
  shape: weight.shape,
  dtype: 'float32',
  get data() {
    return merge(module, weight, adapter)
  },
})

/**
 * All weights of a model with what was trained in them: newer weights taken, quantised ones widened, adapters merged.
 * What was trained on a quantised base belongs to its rounded weights, so those are merged, not the ones before.
 */
export const mergedWeights = (
  modules: readonly Module[],
  weights: HostTensors,
  trained: HostTensors,
  scale: LoraScale,
): HostTensors =>
  Object.fromEntries(
    modules.flatMap((module) => {
      const of = (name: string): HostTensor | undefined =>
        trained[`${module.name}.${name}`] ?? weights[`${module.name}.${name}`]
      const weight = trained[`${module.name}.weight`] ?? weightOf(module, weights)!
      const [a, b, magnitude] = [of('lora_A.weight'), of('lora_B.weight'), of('lora_magnitude_vector')]
      const whole =
        a === undefined || b === undefined
          ? weight
          : mergedWeight(module, weight, { a, b, scale: scale(module.name), magnitude })
      return [
        [`${module.name}.weight`, whole] as const,
        ...(module.bias ? [[`${module.name}.bias`, of('bias')!] as const] : []),
      ]
    }),
  )

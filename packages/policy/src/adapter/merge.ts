import type { HostTensor, HostTensors } from '@gfnlm/jit'
import type { Module } from '../architectures/modules.ts'
import type { LoraScale } from '../decoder/parameters.ts'

const merge = (
  { inputs, outputs, orientation }: Module,
  weight: HostTensor,
  a: HostTensor,
  b: HostTensor,
  scale: number,
): Float32Array => {
  const r = a.shape[0]!
  const merged = Float32Array.from(weight.data)
  // arrays on disk are read when they are asked for
  const [down, up] = [a.data, b.data]
  const row = new Float64Array(inputs)
  for (let o = 0; o < outputs; o++) {
    row.fill(0)
    for (let k = 0; k < r; k++) {
      const factor = scale * up[o * r + k]!
      for (let i = 0; i < inputs; i++) row[i]! += factor * down[k * inputs + i]!
    }
    if (orientation === 'out-in') for (let i = 0; i < inputs; i++) merged[o * inputs + i]! += row[i]!
    else for (let i = 0; i < inputs; i++) merged[i * outputs + o]! += row[i]!
  }
  return merged
}

/**
 * W + scale · B · A in W's own orientation, summed in float64: the weight of one model without adapter that
 * computes what the adapted one does. Computed when its elements are asked for, each time: a whole model merged is
 * never in memory.
 */
export const mergedWeight = (module: Module, weight: HostTensor, a: HostTensor, b: HostTensor, scale: number): HostTensor => ({
  shape: weight.shape,
  dtype: 'float32',
  get data() {
    return merge(module, weight, a, b, scale)
  },
})

/** All weights of a model with what was trained in them: newer weights taken, adapters merged. */
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
      const weight = of('weight')!
      const [a, b] = [of('lora_A.weight'), of('lora_B.weight')]
      const whole = a === undefined || b === undefined ? weight : mergedWeight(module, weight, a, b, scale(module.name))
      return [
        [`${module.name}.weight`, whole] as const,
        ...(module.bias ? [[`${module.name}.bias`, of('bias')!] as const] : []),
      ]
    }),
  )

import { fold, keyOf, uniform } from '@gfnlm/env'
import { type HostTensor, type HostTensors, hostTensor, hostZeros } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { ARCHITECTURES } from '../architectures/architectures.ts'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import type { Module } from '../architectures/modules.ts'
import type { PolicyFault } from '../policy-fault.ts'
import { type Adapter, fitsBase } from './adapter.ts'
import { type AdaptedModule, adaptedModules, allLinear } from './adapted-modules.ts'
import type { LoraConfig, ModuleSelection } from './lora-config.ts'
import { outputNorms } from './output-norms.ts'

/** A new adapter: what it is, and the seed its A matrices are drawn from. */
export interface LoraOptions extends Omit<LoraConfig, 'targets'> {
  /** Absent: every projection of the family; 'all-linear': every linear module but the vocabulary's head. */
  readonly targets?: ModuleSelection
  readonly seed: number
}

/**
 * Low-rank adaptation: W + scale · B · A, of which only A and B train.
 *
 * @example fromPretrained('HuggingFaceTB/SmolLM2-135M', { adapter: lora({ r: 16 }) })
 * @see Hu et al. 2021, arXiv:2106.09685; rsLoRA: Kalajdzievski 2023, arXiv:2312.03732
 */
export const lora = (options: Partial<LoraOptions> = {}): LoraOptions => {
  const { r = 8 } = options
  return { kind: 'lora', alpha: 2 * r, rslora: false, seed: 0, ...options, r }
}

/**
 * Weight-decomposed low-rank adaptation: m · (W + scale · B · A) / ‖W + scale · B · A‖ with the norm of each output's
 * weights, of which m, A and B train. The norm is a constant of the gradient, as the paper's §4.3 and PEFT have it.
 *
 * @example fromPretrained('HuggingFaceTB/SmolLM2-135M', { adapter: dora({ r: 16 }) })
 * @see Liu et al. 2024, arXiv:2402.09353
 */
export const dora = (options: Partial<LoraOptions> = {}): LoraOptions => lora({ ...options, kind: 'dora' })

/** [r, in] uniform in ±1/√in: Kaiming's with a = √5, as PEFT initialises A. */
const initialA = (seed: number, { name, inputs }: Module, r: number): HostTensor => {
  const key = fold(keyOf(seed), 'lora', name)
  const bound = 1 / Math.sqrt(inputs)
  return hostTensor(
    Float32Array.from({ length: r * inputs }, (_, i) => bound * (2 * uniform(key, i) - 1)),
    [r, inputs],
  )
}

/** A drawn, B = 0 and, of DoRA, the magnitudes that the weights have: the model starts as it was. */
const initialTensors = (
  { kind }: LoraConfig,
  { module, r }: AdaptedModule,
  weights: HostTensors,
  seed: number,
): HostTensors => {
  const { name, outputs } = module
  const low = {
    [`${name}.lora_A.weight`]: initialA(seed, module, r),
    [`${name}.lora_B.weight`]: hostZeros([outputs, r]),
  }
  return kind === 'lora'
    ? low
    : { ...low, [`${name}.lora_magnitude_vector`]: hostTensor(outputNorms(module, weights[`${name}.weight`]!)) }
}

/** A new adapter on a model's weights, which leaves the model as it was until it learns. */
export const newAdapter = (
  config: DecoderConfig,
  weights: HostTensors,
  { seed, targets = ARCHITECTURES[config.modelType]!.loraTargets, ...rest }: LoraOptions,
): E.Either<PolicyFault, Adapter> => {
  const adapter: LoraConfig = { ...rest, targets: targets === 'all-linear' ? allLinear(config) : targets }
  return pipe(
    fitsBase({ adapter }, weights),
    E.chain(() => adaptedModules(config, adapter)),
    E.map((modules) => {
      const tensors = modules.map((adapted) => initialTensors(adapter, adapted, weights, seed))
      return { adapter, tensors: Object.assign({}, ...tensors) as HostTensors }
    }),
  )
}

import { fold, keyOf, uniform } from '@gfnlm/env'
import { type HostTensor, type HostTensors, hostTensor, hostZeros } from '@gfnlm/jit'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { ARCHITECTURES } from '../architectures/architectures.ts'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type Module, modulesOf } from '../architectures/modules.ts'
import type { LoraScale } from '../decoder/parameters.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'

/** What an adapter is, as PEFT's adapter_config.json has it. */
export interface LoraConfig {
  readonly r: number
  readonly alpha: number
  /** Paths of modules or their last parts; GPT-2's `c_proj` is both `attn.c_proj` and `mlp.c_proj`. */
  readonly targets: readonly string[]
  /** Scale alpha / √r instead of alpha / r. */
  readonly rslora: boolean
}

/** A new adapter: what it is, and the seed its A matrices are drawn from. */
export interface LoraOptions {
  readonly r: number
  readonly alpha: number
  /** Absent: every projection of the family. */
  readonly targets?: readonly string[]
  readonly rslora: boolean
  readonly seed: number
}

/**
 * Low-rank adaptation: W + scale · B · A, of which only A and B train.
 *
 * @example fromPretrained('HuggingFaceTB/SmolLM2-135M', { adapter: lora({ r: 16 }) })
 * @see Hu et al. 2021, arXiv:2106.09685
 */
export const lora = (options: Partial<LoraOptions> = {}): LoraOptions => {
  const { r = 8 } = options
  return { alpha: 2 * r, rslora: false, seed: 0, ...options, r }
}

/** alpha / r, or alpha / √r under rank stabilisation; 1 without an adapter. */
export const loraScaleOf =
  (adapter: LoraConfig | undefined): LoraScale =>
  () =>
    adapter === undefined ? 1 : adapter.alpha / (adapter.rslora ? Math.sqrt(adapter.r) : adapter.r)

const matches = (name: string, target: string): boolean => name === target || name.endsWith(`.${target}`)

/** The linear modules that an adapter's targets name; a target that names none is a fault. */
export const targetedModules = (
  config: DecoderConfig,
  targets: readonly string[],
): Either<PolicyFault, readonly Module[]> => {
  const linear = modulesOf(config).filter(({ kind }) => kind === 'linear')
  const unknown = targets.filter((target) => !linear.some(({ name }) => matches(name, target)))
  if (unknown.length === 0 && targets.length > 0)
    return right(linear.filter(({ name }) => targets.some((target) => matches(name, target))))
  const available = [...new Set(linear.map(({ name }) => name.split('.').at(-1)!))]
  return left(
    policyFault(
      'AdapterInvalid',
      targets.length === 0 ? 'the adapter has no targets' : `the model has no module ${unknown.join(', ')}`,
      `Adapt some of ${available.join(', ')}`,
      { unknown, available },
    ),
  )
}

/** [r, in] uniform in ±1/√in: Kaiming's with a = √5, as PEFT initialises A. */
const initialA = (seed: number, { name, inputs }: Module, r: number): HostTensor => {
  const key = fold(keyOf(seed), 'lora', name)
  const bound = 1 / Math.sqrt(inputs)
  return hostTensor(
    Float32Array.from({ length: r * inputs }, (_, i) => bound * (2 * uniform(key, i) - 1)),
    [r, inputs],
  )
}

/** A new adapter on a model: A drawn, B = 0, so that the model starts as it was. */
export const newAdapter = (
  config: DecoderConfig,
  { r, alpha, targets = ARCHITECTURES[config.modelType]!.loraTargets, rslora, seed }: LoraOptions,
): Either<PolicyFault, { readonly adapter: LoraConfig; readonly tensors: HostTensors }> => {
  if (!Number.isSafeInteger(r) || r < 1 || !Number.isFinite(alpha))
    return left(
      policyFault(
        'AdapterInvalid',
        `an adapter cannot have r = ${r} and alpha = ${alpha}`,
        'r is a whole number of at least 1, alpha a finite number',
        { r, alpha },
      ),
    )
  const found = targetedModules(config, targets)
  if (found._tag === 'Left') return found
  const tensors = found.right.flatMap((module) => [
    [`${module.name}.lora_A.weight`, initialA(seed, module, r)] as const,
    [`${module.name}.lora_B.weight`, hostZeros([module.outputs, r])] as const,
  ])
  return right({ adapter: { r, alpha, targets, rslora }, tensors: Object.fromEntries(tensors) })
}

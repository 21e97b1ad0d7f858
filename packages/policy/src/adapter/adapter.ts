import type { HostTensor, HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { isQuantized } from '../quantize/quantize-weights.ts'
import { type AdaptedModule, adaptedModules } from './adapted-modules.ts'
import type { LoraConfig } from './lora-config.ts'

/**
 * An adapter and its parameters: `<module>.lora_A.weight` [r, in], `<module>.lora_B.weight` [out, r] and, of DoRA,
 * `<module>.lora_magnitude_vector` [out].
 */
export interface Adapter {
  readonly adapter: LoraConfig
  readonly tensors: HostTensors
  /** Weights of its base that its file repeats, by their names: PEFT's do where the vocabulary's head is adapted. */
  readonly base?: HostTensors
  /** The score head that was trained with it: PEFT's `modules_to_save` of a classifier. */
  readonly score?: HostTensors
}

const refused = (what: string, fix: string, detail: object): E.Either<PolicyFault, never> =>
  E.left(policyFault('AdapterInvalid', what, fix, { ...detail }))

const isSame = (one: HostTensor, other: HostTensor | undefined): boolean => {
  if (other === undefined || one.shape.join() !== other.shape.join()) return false
  const [a, b] = [one.data, other.data]
  return a.every((value, i) => value === b[i])
}

/**
 * Whether an adapter can be on a base: DoRA's norms are those of weights in floats, which a quantised base has not, and
 * what an adapter repeats of its base must be this base's.
 */
export const fitsBase = (
  { adapter, base = {} }: Omit<Adapter, 'tensors'>,
  weights: HostTensors,
): E.Either<PolicyFault, void> => {
  if (adapter.kind === 'dora' && isQuantized(weights))
    return refused(
      'DoRA needs weights in floats, and the model was loaded quantised',
      "Leave quantize out, or take kind 'lora'",
      { field: 'kind' },
    )
  const tensor = Object.keys(base).find((name) => !isSame(base[name]!, weights[name]))
  return tensor === undefined
    ? E.right(undefined)
    : refused(
        `the adapter has a ${tensor} of its own, which is not the model's`,
        'Merge it into its model with PEFT, or load the model that it was trained on',
        { tensor },
      )
}

/** Names and shapes of the tensors that an adapter has in one module. */
const shapesIn = (
  { kind }: LoraConfig,
  { module: { name, inputs, outputs }, r }: AdaptedModule,
): readonly (readonly [string, readonly number[]])[] => [
  [`${name}.lora_A.weight`, [r, inputs]],
  [`${name}.lora_B.weight`, [outputs, r]],
  ...(kind === 'dora' ? [[`${name}.lora_magnitude_vector`, [outputs]] as const] : []),
]

/**
 * An adapter's tensors checked one by one against the modules it adapts, in the order of the forward: all must be
 * there, of the right shape, and no other.
 *
 * @param bad the fault of a tensor, which whoever gave them words for its place
 */
export const fittedTensors = (
  config: DecoderConfig,
  adapter: LoraConfig,
  found: HostTensors,
  bad: (tensor: string, what: string) => PolicyFault,
): E.Either<PolicyFault, HostTensors> => {
  const modules = adaptedModules(config, adapter)
  if (E.isLeft(modules)) return modules
  const fit: Record<string, HostTensor> = {}
  for (const [tensor, shape] of modules.right.flatMap((adapted) => shapesIn(adapter, adapted))) {
    const value = found[tensor]
    if (value === undefined) return E.left(bad(tensor, 'is missing'))
    const [is, wanted] = [`${value.dtype} [${value.shape.join(', ')}]`, `float32 [${shape.join(', ')}]`]
    if (is !== wanted) return E.left(bad(tensor, `is ${is}, the model needs ${wanted}`))
    fit[tensor] = value
  }
  const strange = Object.keys(found).find((tensor) => fit[tensor] === undefined)
  return strange === undefined ? E.right(fit) : E.left(bad(strange, 'adapts no module of the model'))
}

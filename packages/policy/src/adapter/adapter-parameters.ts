import { type HostTensor, type HostTensors, hostTensor } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { loraScaleOf } from './adapted-modules.ts'
import { type Adapter, fittedTensors, fitsBase } from './adapter.ts'

const times = ({ data, shape }: HostTensor, factor: number): HostTensor =>
  hostTensor(
    Float32Array.from(data, (value) => factor * value),
    shape,
  )

/**
 * An adapter's parameters as a policy's functions take them in place of their own, whatever adapter the policy was made
 * with: parameters are inputs of a compiled graph and scales are not, so B carries what a scale differs by. Where an
 * adapter has the shapes of the one before, nothing is compiled anew.
 *
 * @example
 * const [chat, code] = [adapterParameters(policy, a), adapterParameters(policy, b)]
 */
export const adapterParameters = (policy: PretrainedPolicy, given: Adapter): E.Either<PolicyFault, HostTensors> => {
  const { adapter, tensors } = given
  const fix = 'Read the adapter for this model, and load the model without one that does not train'
  const bad = (tensor: string, what: string): PolicyFault =>
    policyFault('AdapterInvalid', `an adapter's "${tensor}" ${what} (${policy.name})`, fix, { tensor })
  const frozen = Object.keys(policy.constants).find((name) => name.endsWith('.lora_A.weight'))
  if (frozen !== undefined) return E.left(bad(frozen, 'is part of the frozen model, which takes no other adapter'))
  const [own, wanted] = [loraScaleOf(policy.adapter), loraScaleOf(adapter)]
  const still = Object.keys(tensors).find((name) => own(name.replace(/\.lora_.*$/, '')) === 0)
  if (still !== undefined)
    return E.left(bad(still, 'is never heard: the adapter that the policy was made with has alpha 0'))
  return pipe(
    fitsBase(given, policy.constants),
    E.chain(() => fittedTensors(policy.config, adapter, tensors, bad)),
    E.map((fit) =>
      Object.fromEntries(
        Object.entries(fit).map(([name, tensor]) => {
          const module = /^(.*)\.lora_B\.weight$/.exec(name)?.[1]
          const factor = module === undefined ? 1 : wanted(module) / own(module)
          return [name, factor === 1 ? tensor : times(tensor, factor)]
        }),
      ),
    ),
  )
}

/**
 * An adapter whose B · A is `factor` times as strong: its alphas are. LoRA of 0 is the model without it; DoRA keeps its
 * magnitudes.
 */
export const scaledAdapter = ({ adapter, tensors }: Adapter, factor: number): Adapter => ({
  adapter: {
    ...adapter,
    alpha: adapter.alpha * factor,
    ...(adapter.alphaPattern === undefined
      ? {}
      : {
          alphaPattern: Object.fromEntries(
            Object.entries(adapter.alphaPattern).map(([key, alpha]) => [key, alpha * factor]),
          ),
        }),
  },
  tensors,
})

import { type HostTensor, type HostTensors, hostTensor } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { loraScaleOf } from './adapted-modules.ts'
import type { Adapter } from './adapter.ts'

/** An adapter and how much of it goes into a combination; a negative weight takes it away. */
export interface WeightedAdapter extends Adapter {
  readonly weight: number
}

/**
 * `cat` puts the matrices side by side: its rank is the sum of the ranks, and what it adds is exactly
 * Σ weight · scale · B · A. `linear` adds them up, each times √(weight · scale): it needs equal ranks, and adds cross terms.
 */
export type Combination = 'linear' | 'cat'

/** What one adapter puts into one module: A · inA and B · inB. */
interface Part {
  readonly a: HostTensor
  readonly b: HostTensor
  readonly inA: number
  readonly inB: number
}

const rankOf = ({ a }: Part): number => a.shape[0]!

/** Σ of the parts' matrices in one of their size. */
const summed = (parts: readonly Part[]): readonly [HostTensor, HostTensor] => {
  const sum = (pick: 'a' | 'b', by: 'inA' | 'inB'): HostTensor => {
    const total = new Float64Array(parts[0]![pick].data.length)
    for (const part of parts) {
      const { data } = part[pick]
      for (let i = 0; i < total.length; i++) total[i]! += part[by] * data[i]!
    }
    return hostTensor(Float32Array.from(total), parts[0]![pick].shape)
  }
  return [sum('a', 'inA'), sum('b', 'inB')]
}

/** The parts' matrices beside one another, zeros up to rank r. */
const concatenated = (parts: readonly Part[], r: number): readonly [HostTensor, HostTensor] => {
  const [inputs, outputs] = [parts[0]!.a.shape[1]!, parts[0]!.b.shape[0]!]
  const [a, b] = [new Float32Array(r * inputs), new Float32Array(outputs * r)]
  let from = 0
  for (const part of parts) {
    const [rank, down, up] = [rankOf(part), part.a.data, part.b.data]
    for (let i = 0; i < down.length; i++) a[from * inputs + i] = part.inA * down[i]!
    for (let o = 0; o < outputs; o++) for (let k = 0; k < rank; k++) b[o * r + from + k] = part.inB * up[o * rank + k]!
    from += rank
  }
  return [hostTensor(a, [r, inputs]), hostTensor(b, [outputs, r])]
}

const adaptedBy = ({ tensors }: Adapter): string[] =>
  Object.keys(tensors).flatMap((name) => /^(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? [])

const refused = (what: string, fix: string): E.Either<PolicyFault, never> => E.left(policyFault('AdapterInvalid', what, fix))

/**
 * One LoRA adapter out of several of the same base, as PEFT's `add_weighted_adapter` makes it, at scale 1. (PEFT keeps
 * `use_rslora` there and so multiplies by √r; this does not.) Modules are listed with their whole paths. DoRA's
 * magnitudes have no sum that means anything: they are refused.
 *
 * @example combinedAdapter([{ ...chat, weight: 0.7 }, { ...code, weight: 0.3 }], 'cat')
 */
export const combinedAdapter = (given: readonly WeightedAdapter[], combination: Combination): E.Either<PolicyFault, Adapter> => {
  const dora = given.findIndex(({ adapter }) => adapter.kind === 'dora')
  if (given.length === 0) return refused('there is no adapter to combine', 'Give one or more')
  if (dora >= 0) return refused(`adapter ${dora} is DoRA, whose magnitudes do not add up`, 'Merge it into the base, and combine the others')
  const infinite = given.find(({ weight }) => !Number.isFinite(weight))
  if (infinite !== undefined) return refused(`an adapter cannot have the weight ${infinite.weight}`, 'Weights are finite numbers')

  const targets = [...new Set(given.flatMap(adaptedBy))]
  const scales = given.map(({ adapter }) => loraScaleOf(adapter))
  const partsOf = (module: string): Part[] =>
    given.flatMap(({ tensors, weight }, i) => {
      const [a, b] = [tensors[`${module}.lora_A.weight`], tensors[`${module}.lora_B.weight`]]
      const amount = weight * scales[i]!(module)
      const root = Math.sqrt(Math.abs(amount))
      return a === undefined || b === undefined
        ? []
        : [combination === 'cat' ? { a, b, inA: amount, inB: 1 } : { a, b, inA: Math.sign(amount) * root, inB: root }]
    })
  const modules = targets.map((name) => ({ name, parts: partsOf(name) }))
  const ranks = modules.map(({ parts }) => parts.reduce((sum, part) => sum + rankOf(part), 0))
  const unequal = modules.find(({ parts }) => new Set(parts.map(rankOf)).size > 1)
  if (combination === 'linear' && unequal !== undefined)
    return refused(`the adapters of ${unequal.name} have ranks ${unequal.parts.map(rankOf).join(', ')}, which do not add up`, "Combine them by 'cat'")
  const r = combination === 'cat' ? Math.max(...ranks) : Math.max(...modules.map(({ parts }) => rankOf(parts[0]!)))
  return pipe(
    modules.map(({ name, parts }) => {
      const [a, b] = concatenated(combination === 'cat' ? parts : [asPart(summed(parts))], r)
      return { [`${name}.lora_A.weight`]: a, [`${name}.lora_B.weight`]: b }
    }),
    (tensors) => E.right({ adapter: { kind: 'lora', r, alpha: r, rslora: false, targets }, tensors: Object.assign({}, ...tensors) as HostTensors }),
  )
}

const asPart = ([a, b]: readonly [HostTensor, HostTensor]): Part => ({ a, b, inA: 1, inB: 1 })

import type { HostTensors } from '@gfnlm/jit'
import * as E from 'fp-ts/lib/Either.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'
import { loraScaleOf } from './adapted-modules.ts'
import type { Adapter } from './adapter.ts'
import { type Part, concatenated, rankOf, summed } from './low-rank-sum.ts'

/** An adapter and how much of it goes into a combination; a negative weight takes it away. */
export interface WeightedAdapter extends Adapter {
  readonly weight: number
}

/**
 * `cat` puts the matrices side by side: its rank is the sum of the ranks, and what it adds is exactly
 * Σ weight · scale · B · A. `linear` adds them up, each times √|weight · scale|, the sign with A: it needs equal ranks,
 * and adds cross terms.
 */
export type Combination = 'linear' | 'cat'

const adaptedBy = ({ tensors }: Adapter): string[] =>
  Object.keys(tensors).flatMap((name) => /^(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? [])

/** What each adapter puts into a module, of those that adapt it. */
const partsOf = (given: readonly WeightedAdapter[], module: string, combination: Combination): Part[] =>
  given.flatMap(({ adapter, tensors, weight }) => {
    const [a, b] = [tensors[`${module}.lora_A.weight`], tensors[`${module}.lora_B.weight`]]
    if (a === undefined || b === undefined) return []
    const amount = weight * loraScaleOf(adapter)(module)
    const root = Math.sqrt(Math.abs(amount))
    return [combination === 'cat' ? { a, b, inA: amount, inB: 1 } : { a, b, inA: Math.sign(amount) * root, inB: root }]
  })

const refused = (what: string, fix: string): E.Either<PolicyFault, never> =>
  E.left(policyFault('AdapterInvalid', what, fix))

/**
 * One LoRA adapter out of several of the same base, as PEFT's `add_weighted_adapter` makes it, at scale 1. (PEFT keeps
 * `use_rslora` there and so multiplies by √r; this does not.) Modules are listed with their whole paths. DoRA's
 * magnitudes have no sum that means anything: they are refused.
 *
 * @example combinedAdapter([{ ...chat, weight: 0.7 }, { ...code, weight: 0.3 }], 'cat')
 */
export const combinedAdapter = (
  given: readonly WeightedAdapter[],
  combination: Combination,
): E.Either<PolicyFault, Adapter> => {
  if (given.length === 0) return refused('there is no adapter to combine', 'Give one or more')
  const dora = given.findIndex(({ adapter }) => adapter.kind === 'dora')
  if (dora >= 0)
    return refused(
      `adapter ${dora} is DoRA, whose magnitudes do not add up`,
      'Merge it into the base, and combine the others',
    )
  const infinite = given.find(({ weight }) => !Number.isFinite(weight))
  if (infinite !== undefined)
    return refused(`an adapter cannot have the weight ${infinite.weight}`, 'Weights are finite numbers')

  const targets = [...new Set(given.flatMap(adaptedBy))]
  const modules = targets.map((name) => ({ name, parts: partsOf(given, name, combination) }))
  for (const { name, parts } of modules) {
    const ranks = parts.map(rankOf)
    const widths = new Set(parts.map(({ a, b }) => `${b.shape[0]} × ${a.shape[1]}`))
    if (widths.size > 1)
      return refused(`the adapters' ${name} are ${[...widths].join(' and ')}`, 'Give adapters of one base')
    if (combination === 'linear' && new Set(ranks).size > 1)
      return refused(
        `the adapters' ${name} have ranks ${ranks.join(', ')}, which do not add up`,
        "Combine them by 'cat'",
      )
  }
  const whole = modules.map(({ name, parts }) => ({ name, parts: combination === 'cat' ? parts : [summed(parts)] }))
  const r = Math.max(...whole.map(({ parts }) => parts.map(rankOf).reduce((sum, rank) => sum + rank, 0)))
  const tensors = whole.flatMap(({ name, parts }) => {
    const { a, b } = concatenated(parts, r)
    return [
      [`${name}.lora_A.weight`, a],
      [`${name}.lora_B.weight`, b],
    ] as const
  })
  const made: HostTensors = Object.fromEntries(tensors)
  return E.right({ adapter: { kind: 'lora', r, alpha: r, rslora: false, targets }, tensors: made })
}

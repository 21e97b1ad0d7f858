import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { shortened } from '../architectures/config-fields.ts'
import type { DecoderConfig } from '../architectures/decoder-config.ts'
import { type Module, modulesOf } from '../architectures/modules.ts'
import type { LoraScale } from '../decoder/parameters.ts'
import { type PolicyFault, policyFault, reasonOf } from '../policy-fault.ts'
import type { LoraConfig } from './lora-config.ts'
import { tryBounded } from './bounded-matching.ts'
import { expressionsIn, expressionsOf, isListed, layerOf, selects, valueFor } from './module-matching.ts'

/** A module with its adapter's rank. */
export interface AdaptedModule {
  readonly module: Module
  readonly r: number
}

const rankOf = ({ r, rankPattern }: LoraConfig): ((module: string) => number) => {
  const own = valueFor(rankPattern)
  return (module) => own(module) ?? r
}

/** alpha / r of a module, or alpha / √r under rank stabilisation; 1 without an adapter. */
export const loraScaleOf = (adapter: LoraConfig | undefined): LoraScale => {
  if (adapter === undefined) return () => 1
  const [rank, alpha] = [rankOf(adapter), valueFor(adapter.alphaPattern)]
  return (module) => {
    const r = rank(module)
    return (alpha(module) ?? adapter.alpha) / (adapter.rslora ? Math.sqrt(r) : r)
  }
}

type Problem = E.Either<PolicyFault, never>

const problem = (field: keyof LoraConfig, what: string, fix: string, detail: object = {}): Problem =>
  E.left(policyFault('AdapterInvalid', what, fix, { field, ...detail }))

/** Ranks are counts and alphas numbers, in the patterns, too. */
const numbersOf = ({ r, alpha, rankPattern = {}, alphaPattern = {} }: LoraConfig): E.Either<PolicyFault, void> => {
  const isRank = (n: number): boolean => Number.isSafeInteger(n) && n >= 1
  const [rank, scale] = [
    Object.entries(rankPattern).find(([, n]) => !isRank(n)),
    Object.entries(alphaPattern).find(([, n]) => !Number.isFinite(n)),
  ]
  const ranks = 'A rank is a whole number of at least 1'
  const alphas = 'An alpha is a finite number'
  if (!isRank(r)) return problem('r', `an adapter cannot have r = ${r}`, ranks)
  if (!Number.isFinite(alpha)) return problem('alpha', `an adapter cannot have alpha = ${alpha}`, alphas)
  if (rank !== undefined) return problem('rankPattern', `${shortened(rank[0])} cannot have r = ${rank[1]}`, ranks)
  return scale === undefined
    ? E.right(undefined)
    : problem('alphaPattern', `${shortened(scale[0])} cannot have alpha = ${scale[1]}`, alphas)
}

/** The expressions of a field, tried on all modules, or the fault that names it. */
const tried = (
  field: keyof LoraConfig,
  expressions: () => readonly RegExp[],
  modules: readonly Module[],
): E.Either<PolicyFault, void> =>
  E.tryCatch(
    () =>
      tryBounded(
        expressions(),
        modules.map(({ name }) => name),
      ),
    (caught) =>
      policyFault(
        'AdapterInvalid',
        `the adapter's ${field}: ${reasonOf(caught)}`,
        'Write a regular expression that JavaScript reads as Python does, with no repetition within a repetition',
        { field },
      ),
  )

const lastParts = (modules: readonly Module[]): string[] => [
  ...new Set(modules.map(({ name }) => name.split('.').at(-1)!)),
]

/** Every projection but the vocabulary's head: what PEFT's `all-linear` means. */
export const allLinear = (config: DecoderConfig): readonly string[] =>
  lastParts(modulesOf(config).filter(({ kind, name }) => kind === 'linear' && name !== config.names.head))

/**
 * The modules that an adapter adapts, in the order of the forward, selected as PEFT selects them. A target that names
 * no linear module, a layer that is not there and an expression that cannot be read, or that does not end, are faults that
 * name the field.
 */
export const adaptedModules = (
  config: DecoderConfig,
  adapter: LoraConfig,
): E.Either<PolicyFault, readonly AdaptedModule[]> => {
  const { targets, exclude = [], layers } = adapter
  const modules = modulesOf(config)
  const available = lastParts(modules.filter(({ kind }) => kind === 'linear'))
  const fix = `Adapt some of ${available.join(', ')}`

  const listed = typeof targets === 'string' ? [] : targets
  const unknown = listed.filter(
    (target) => !modules.some(({ name, kind }) => kind === 'linear' && isListed(name, [target])),
  )
  if (unknown.length > 0)
    return problem('targets', `the model has no linear module ${shortened(unknown.join(', '))}`, fix, {
      unknown,
      available,
    })
  if (targets.length === 0) return problem('targets', 'the adapter has no targets', fix, { available })
  if (layers !== undefined && typeof targets === 'string')
    return problem(
      'layers',
      'layers are chosen beside a pattern of targets',
      'List the targets, or put the layers into the pattern',
    )
  const beyond = layers?.find((layer) => !Number.isSafeInteger(layer) || layer < 0 || layer >= config.layers)
  if (beyond !== undefined)
    return problem('layers', `the model has no layer ${beyond}`, `Its layers are 0 to ${config.layers - 1}`)

  const inLayers = ({ name }: Module): boolean =>
    layers === undefined || listed.includes(name) || layers.some((layer) => layer === layerOf(name))
  return pipe(
    numbersOf(adapter),
    E.chain(() => tried('targets', () => expressionsOf(targets), modules)),
    E.chain(() => tried('exclude', () => expressionsOf(exclude), modules)),
    E.chain(() => tried('rankPattern', () => expressionsIn(adapter.rankPattern), modules)),
    E.chain(() => tried('alphaPattern', () => expressionsIn(adapter.alphaPattern), modules)),
    E.chain(() => {
      const [isTarget, isExcluded, rank] = [selects(targets), selects(exclude), rankOf(adapter)]
      const chosen = modules.filter((module) => isTarget(module.name) && !isExcluded(module.name) && inLayers(module))
      const odd = chosen.find(({ kind }) => kind !== 'linear')
      if (odd !== undefined) return problem('targets', `${odd.name} is no linear module`, fix, { available })
      return chosen.length === 0
        ? problem('targets', 'the adapter adapts no module of the model', fix, { available })
        : E.right(chosen.map((module) => ({ module, r: rank(module.name) })))
    }),
  )
}

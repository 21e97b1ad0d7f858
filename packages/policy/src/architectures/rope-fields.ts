import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isDeepStrictEqual } from 'node:util'
import type { PolicyFault } from '../policy-fault.ts'
import { type ConfigJson, badField, isAbsent, objectOf, oneOf, only, positive } from './config-fields.ts'
import type { Rope, RopeScaling } from './decoder-config.ts'

/** Settings by the names that a fault should give them, and how to name one. */
interface Settings {
  readonly named: ConfigJson
  readonly at: (name: string) => string
}

type ReadScaling = (settings: Settings) => E.Either<PolicyFault, RopeScaling | undefined>

const linear: ReadScaling = ({ named, at }) =>
  sequenceS(E.Applicative)({ kind: E.right('linear' as const), factor: positive(named, at('factor')) })

const llama3: ReadScaling = ({ named, at }) =>
  pipe(
    sequenceS(E.Applicative)({
      kind: E.right('llama3' as const),
      factor: positive(named, at('factor')),
      low: positive(named, at('low_freq_factor')),
      high: positive(named, at('high_freq_factor')),
      context: positive(named, at('original_max_position_embeddings')),
    }),
    E.chain((read) =>
      read.low < read.high
        ? E.right(read)
        : badField(named, at('high_freq_factor'), `It must be above low_freq_factor, ${read.low}`),
    ),
  )

const SCALINGS: Readonly<Record<string, ReadScaling>> = { default: () => E.right(undefined), linear, llama3 }

/** Rotations from an object of settings, wherever config.json has it. */
export const ropeFrom = (given: ConfigJson, where: string, theta: number): E.Either<PolicyFault, Rope> => {
  const at = (name: string): string => `${where}.${name}`
  const named = Object.fromEntries(Object.entries(given).map(([name, value]) => [at(name), value]))
  return pipe(
    only(named, at('partial_rotary_factor'), 1),
    E.chain(() => oneOf(named, at(isAbsent(given, 'rope_type') ? 'type' : 'rope_type'), SCALINGS, 'default')),
    E.chain((scaling) =>
      sequenceS(E.Applicative)({
        kind: E.right('rope' as const),
        theta: positive(named, at('rope_theta'), theta),
        scaling: scaling({ named, at }),
      }),
    ),
  )
}

/** Rotations that `rope_parameters` gave, refused where `rope_scaling` is there too and says something else. */
export const agreeing = (json: ConfigJson, given: Rope, otherwise: number): E.Either<PolicyFault, Rope> =>
  isAbsent(json, 'rope_scaling') || isAbsent(json, 'rope_parameters')
    ? E.right(given)
    : pipe(
        sequenceS(E.Applicative)({
          theta: positive(json, 'rope_theta', otherwise),
          settings: objectOf(json, 'rope_scaling'),
        }),
        E.chain(({ theta, settings }) => ropeFrom(settings, 'rope_scaling', theta)),
        E.chain((scaled) =>
          isDeepStrictEqual(scaled, given)
            ? E.right(given)
            : badField(json, 'rope_parameters', 'rope_scaling says something else: keep one of the two'),
        ),
      )

/** Rotations of all layers: `rope_theta` and `rope_scaling`, which files of transformers 5 join in `rope_parameters`. */
export const rope = (json: ConfigJson, otherwise = 10_000): E.Either<PolicyFault, Rope> => {
  const field = isAbsent(json, 'rope_parameters') ? 'rope_scaling' : 'rope_parameters'
  return pipe(
    sequenceS(E.Applicative)({
      theta: positive(json, 'rope_theta', otherwise),
      settings: objectOf(json, field),
      whole: only(json, 'partial_rotary_factor', 1),
    }),
    E.chain(({ theta, settings }) => ropeFrom(settings, field, theta)),
    E.chain((given) => agreeing(json, given, otherwise)),
  )
}

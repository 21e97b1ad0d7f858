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

/** None. A factor of 1 changes nothing; any other is of a type that was not said. */
const unscaled: ReadScaling = ({ named, at }) =>
  isAbsent(named, at('factor')) || named[at('factor')] === 1
    ? E.right(undefined)
    : badField(named, at('factor'), 'Rotations of the default type take none but 1: say the type in rope_type')

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

/** What a type of scaling is, and the settings that it takes, those that change nothing included. */
interface Scaling {
  readonly read: ReadScaling
  readonly takes: readonly string[]
}

const SCALINGS: Readonly<Record<string, Scaling>> = {
  default: { read: unscaled, takes: ['factor'] },
  linear: { read: linear, takes: ['factor', 'original_max_position_embeddings', 'finetuned'] },
  llama3: {
    read: llama3,
    takes: ['factor', 'low_freq_factor', 'high_freq_factor', 'original_max_position_embeddings'],
  },
}

/** Settings that all types take. */
const EVERYWHERE = ['rope_type', 'type', 'rope_theta', 'partial_rotary_factor']

/** Settings that nothing would read are told, not dropped: they are of another type of rotations than was understood. */
export const reads = (
  given: ConfigJson,
  where: string,
  taken: readonly string[],
  what: string,
): E.Either<PolicyFault, void> => {
  const unread = Object.keys(given).find((name) => !taken.includes(name) && !isAbsent(given, name))
  return unread === undefined
    ? E.right(undefined)
    : badField({ [`${where}.${unread}`]: given[unread] }, `${where}.${unread}`, `${what} take ${taken.join(', ')}`)
}

/** The type of scaling by its newer name and its older one, which must say the same where both are there. */
const typeOf = (given: ConfigJson, { named, at }: Settings): E.Either<PolicyFault, Scaling> => {
  const [newer, older] = ['rope_type', 'type'].map((name) => (isAbsent(given, name) ? undefined : name))
  return newer !== undefined && older !== undefined && given[newer] !== given[older]
    ? badField(named, at('type'), 'rope_type says something else: keep one of the two')
    : oneOf(named, at(newer ?? older ?? 'rope_type'), SCALINGS, 'default')
}

/** Rotations from an object of settings, wherever config.json has it. */
export const ropeFrom = (given: ConfigJson, where: string, theta: number): E.Either<PolicyFault, Rope> => {
  const at = (name: string): string => `${where}.${name}`
  const named = Object.fromEntries(Object.entries(given).map(([name, value]) => [at(name), value]))
  return pipe(
    only(named, at('partial_rotary_factor'), 1),
    E.chain(() => typeOf(given, { named, at })),
    E.chainFirst(({ takes }) => reads(given, where, [...EVERYWHERE, ...takes], 'Rotations of this type')),
    E.chain((scaling) =>
      sequenceS(E.Applicative)({
        kind: E.right('rope' as const),
        theta: positive(named, at('rope_theta'), theta),
        scaling: scaling.read({ named, at }),
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

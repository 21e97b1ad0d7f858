import { type Either, chain, left, right } from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'

/** A parsed config.json. */
export type ConfigJson = Readonly<Record<string, unknown>>

/** The beginning of a text from a file, for a message. */
export const shortened = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}…`)

/** The beginning of a value, for a message: what is in a file may be long, or deeper than JSON.stringify goes. */
export const shown = (value: unknown): string => {
  if (typeof value === 'number') return String(value)
  try {
    return shortened(JSON.stringify(value) ?? 'missing')
  } catch {
    return 'nested too deep to be shown'
  }
}

/** The fault of a field that cannot be used. */
export const badField = (json: ConfigJson, field: string, wanted: string): Either<PolicyFault, never> =>
  left(
    policyFault('ConfigInvalid', `config.json: ${field} is ${shown(json[field])}`, wanted, {
      field,
      value: json[field],
    }),
  )

/** null counts as absent. */
export const isAbsent = (json: ConfigJson, field: string): boolean => json[field] === undefined || json[field] === null

/** A config.json with what transformers takes for fields that are not in it; one that is null stays null, which is none. */
export const withDefaults = (json: ConfigJson, defaults: ConfigJson): ConfigJson => ({
  ...json,
  ...Object.fromEntries(Object.entries(defaults).filter(([field]) => json[field] === undefined)),
})

/** A field's number for the default of another; NaN where it is none, which is the field's own fault to tell. */
export const numberOf = (json: ConfigJson, field: string): number =>
  typeof json[field] === 'number' ? json[field] : NaN

/** A whole number of at least 1. */
export const count = (json: ConfigJson, field: string, otherwise?: number): Either<PolicyFault, number> => {
  const value = isAbsent(json, field) ? otherwise : json[field]
  return Number.isSafeInteger(value) && (value as number) >= 1
    ? right(value as number)
    : badField(json, field, 'It must be a whole number of at least 1')
}

const MOST_LAYERS = 1024

/** A number of layers. One beyond all models would take the machine's memory before any file said that it is wrong. */
export const layerCount = (json: ConfigJson, field: string): Either<PolicyFault, number> =>
  pipe(
    count(json, field),
    chain((layers) =>
      layers <= MOST_LAYERS ? right(layers) : badField(json, field, `It must be at most ${MOST_LAYERS}`),
    ),
  )

/** A finite number above 0. */
export const positive = (json: ConfigJson, field: string, otherwise?: number): Either<PolicyFault, number> => {
  const value = isAbsent(json, field) ? otherwise : json[field]
  return typeof value === 'number' && Number.isFinite(value) && value > 0
    ? right(value)
    : badField(json, field, 'It must be a number above 0')
}

/** The same, undefined where the field is absent. */
export const positiveIfAny = (json: ConfigJson, field: string): Either<PolicyFault, number | undefined> =>
  isAbsent(json, field) ? right(undefined) : positive(json, field)

/** An object; {} where the field is absent. */
export const objectOf = (json: ConfigJson, field: string): Either<PolicyFault, ConfigJson> => {
  const value = json[field] ?? {}
  return typeof value === 'object' && !Array.isArray(value)
    ? right(value as ConfigJson)
    : badField(json, field, 'It must be an object')
}

export const flag = (json: ConfigJson, field: string, otherwise: boolean): Either<PolicyFault, boolean> => {
  const value = isAbsent(json, field) ? otherwise : json[field]
  return typeof value === 'boolean' ? right(value) : badField(json, field, 'It must be true or false')
}

/** One of the keys of a table, as what the table has there. */
export const oneOf = <A>(
  json: ConfigJson,
  field: string,
  table: Readonly<Record<string, A>>,
  otherwise: string,
): Either<PolicyFault, A> => {
  const value = isAbsent(json, field) ? otherwise : json[field]
  return typeof value === 'string' && Object.hasOwn(table, value)
    ? right(table[value]!)
    : badField(json, field, `Supported are ${Object.keys(table).join(', ')}`)
}

/** Fields by which a token would see later ones, too: every row reads a decoder. */
export const causal = (json: ConfigJson): Either<PolicyFault, void> =>
  pipe(
    only(json, 'is_causal', true),
    chain(() => only(json, 'use_bidirectional_attention', false)),
  )

/** A field whose other values would change the forward in a way that is not computed here. */
export const only = (json: ConfigJson, field: string, value: unknown): Either<PolicyFault, void> =>
  isAbsent(json, field) || json[field] === value
    ? right(undefined)
    : badField(json, field, `Only ${JSON.stringify(value)} is supported`)

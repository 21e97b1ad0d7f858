import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { type PolicyFault, policyFault } from '../policy-fault.ts'

/** A parsed config.json. */
export type ConfigJson = Readonly<Record<string, unknown>>

/** The fault of a field that cannot be used. */
export const badField = (json: ConfigJson, field: string, wanted: string): Either<PolicyFault, never> =>
  left(
    policyFault('ConfigInvalid', `config.json: ${field} is ${JSON.stringify(json[field]) ?? 'missing'}`, wanted, {
      field,
      value: json[field],
    }),
  )

const absent = (json: ConfigJson, field: string): boolean => json[field] === undefined || json[field] === null

/** A whole number of at least 1; null counts as absent. */
export const count = (json: ConfigJson, field: string, otherwise?: number): Either<PolicyFault, number> => {
  const value = absent(json, field) ? otherwise : json[field]
  return Number.isSafeInteger(value) && (value as number) >= 1
    ? right(value as number)
    : badField(json, field, 'It must be a whole number of at least 1')
}

/** A finite number above 0. */
export const positive = (json: ConfigJson, field: string, otherwise?: number): Either<PolicyFault, number> => {
  const value = absent(json, field) ? otherwise : json[field]
  return typeof value === 'number' && Number.isFinite(value) && value > 0
    ? right(value)
    : badField(json, field, 'It must be a number above 0')
}

export const flag = (json: ConfigJson, field: string, otherwise: boolean): Either<PolicyFault, boolean> => {
  const value = absent(json, field) ? otherwise : json[field]
  return typeof value === 'boolean' ? right(value) : badField(json, field, 'It must be true or false')
}

/** One of the keys of a table, as what the table has there. */
export const oneOf = <A>(
  json: ConfigJson,
  field: string,
  table: Readonly<Record<string, A>>,
  otherwise: string,
): Either<PolicyFault, A> => {
  const value = absent(json, field) ? otherwise : json[field]
  return typeof value === 'string' && Object.hasOwn(table, value)
    ? right(table[value]!)
    : badField(json, field, `Supported are ${Object.keys(table).join(', ')}`)
}

/** A field whose other values would change the forward in a way that is not computed here. */
export const only = (json: ConfigJson, field: string, value: unknown): Either<PolicyFault, void> =>
  absent(json, field) || json[field] === value
    ? right(undefined)
    : badField(json, field, `Only ${JSON.stringify(value)} is supported`)

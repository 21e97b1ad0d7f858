import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type ConfigJson, isAbsent, shown } from './architectures/config-fields.ts'
import { type PolicyFault, policyFault } from './policy-fault.ts'

/** Ids of special tokens as config.json and generation_config.json have them. */
export interface SpecialTokenIds {
  readonly bos: number | undefined
  /** Tokens that end what is generated; none where no field says. */
  readonly eos: readonly number[]
  readonly pad: number | undefined
  readonly unk: number | undefined
}

/** Where a field stands, and the rows of the embedding that ids must be among. */
interface Place {
  readonly json: ConfigJson
  readonly file: string
  readonly rows: number
}

const wrong = ({ json, file, rows }: Place, field: string, wanted: string): E.Either<PolicyFault, never> => {
  const range = rows === Infinity ? 'a whole number of at least 0' : `a whole number from 0 to ${rows - 1}`
  const detail = { field, value: json[field] }
  return E.left(
    policyFault('ConfigInvalid', `${file}: ${field} is ${shown(json[field])}`, `It must be ${range}${wanted}`, detail),
  )
}

const isId =
  (rows: number) =>
  (u: unknown): u is number =>
    Number.isSafeInteger(u) && (u as number) >= 0 && (u as number) < rows

const one = (place: Place, field: string): E.Either<PolicyFault, number | undefined> => {
  const id = place.json[field]
  if (isAbsent(place.json, field)) return E.right(undefined)
  return isId(place.rows)(id) ? E.right(id) : wrong(place, field, '')
}

/** One id, or a list of them. */
const several = (place: Place, field: string): E.Either<PolicyFault, readonly number[]> => {
  const given = place.json[field]
  if (isAbsent(place.json, field)) return E.right([])
  const ids: readonly unknown[] = Array.isArray(given) ? given : [given]
  return ids.length > 0 && ids.every(isId(place.rows)) ? E.right(ids) : wrong(place, field, ', or a list of such')
}

/**
 * Ids that a config.json has for special tokens: `eos_token_id` may be a list, and a `pad_token_id` of −1 is none, as
 * older files of Llama say it. Anything else is a `ConfigInvalid` fault by the field's name.
 *
 * @param rows ids that the model has
 * @example specialTokenIds({ eos_token_id: [2, 5] }, 11) // Right: eos [2, 5], the others undefined
 */
export const specialTokenIds = (json: ConfigJson, rows: number = Infinity): E.Either<PolicyFault, SpecialTokenIds> => {
  const place: Place = { json, file: 'config.json', rows }
  return pipe(
    E.Do,
    E.bind('bos', () => one(place, 'bos_token_id')),
    E.bind('eos', () => several(place, 'eos_token_id')),
    E.bind('pad', () => (json['pad_token_id'] === -1 ? E.right(undefined) : one(place, 'pad_token_id'))),
    E.bind('unk', () => one(place, 'unk_token_id')),
  )
}

/** Tokens that a generation_config.json has generation end at, which count instead of config.json's. */
export const generationEnds = (json: ConfigJson, rows: number = Infinity): E.Either<PolicyFault, readonly number[]> =>
  several({ json, file: 'generation_config.json', rows }, 'eos_token_id')

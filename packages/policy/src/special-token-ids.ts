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

/** Where a field stands, and the rows of the embedding. */
interface Place {
  readonly json: ConfigJson
  readonly file: string
  readonly rows: number
}

const wrong = ({ json, file }: Place, field: string, wanted: string): E.Either<PolicyFault, never> => {
  const detail = { field, value: json[field] }
  return E.left(
    policyFault('ConfigInvalid', `${file}: ${field} is ${shown(json[field])}`, `It must be ${wanted}`, detail),
  )
}

const ID = 'a whole number of at least 0'

const isId = (u: unknown): u is number => Number.isSafeInteger(u) && (u as number) >= 0

const one = (place: Place, field: string): E.Either<PolicyFault, number | undefined> => {
  const id = place.json[field]
  if (isAbsent(place.json, field)) return E.right(undefined)
  if (!isId(id)) return wrong(place, field, ID)
  return E.right(id < place.rows ? id : undefined)
}

/** One id, or a list of them. */
const several = (place: Place, field: string): E.Either<PolicyFault, readonly number[]> => {
  const given = place.json[field]
  if (isAbsent(place.json, field)) return E.right([])
  const ids: readonly unknown[] = Array.isArray(given) ? given : [given]
  return ids.length > 0 && ids.every(isId)
    ? E.right(ids.filter((id) => id < place.rows))
    : wrong(place, field, `${ID}, or a list of such`)
}

/** Padding is given to the model: its id must have a row. */
const padding = (place: Place): E.Either<PolicyFault, number | undefined> => {
  const id = place.json['pad_token_id']
  if (id === -1) return E.right(undefined)
  return isId(id) && id >= place.rows
    ? wrong(place, 'pad_token_id', `a whole number from 0 to ${place.rows - 1}`)
    : one(place, 'pad_token_id')
}

/**
 * Ids that a config.json has for special tokens: `eos_token_id` may be a list, and a `pad_token_id` of −1 is none, as
 * older files of Llama say it. A bos, eos or unk of no row is none: nothing can say it, and GPT-2's 50256 stays in
 * configs of smaller vocabularies. Anything else is a `ConfigInvalid` fault by the field's name.
 *
 * @param rows ids that the model has
 * @example specialTokenIds({ eos_token_id: [2, 5, 50256] }, 11) // Right: eos [2, 5], the others undefined
 */
export const specialTokenIds = (json: ConfigJson, rows: number = Infinity): E.Either<PolicyFault, SpecialTokenIds> => {
  const place: Place = { json, file: 'config.json', rows }
  return pipe(
    E.Do,
    E.bind('bos', () => one(place, 'bos_token_id')),
    E.bind('eos', () => several(place, 'eos_token_id')),
    E.bind('pad', () => padding(place)),
    E.bind('unk', () => one(place, 'unk_token_id')),
  )
}

/**
 * Tokens that a generation_config.json has generation end at, which count instead of config.json's; those of no row are
 * left out.
 */
export const generationEnds = (json: ConfigJson, rows: number = Infinity): E.Either<PolicyFault, readonly number[]> =>
  several({ json, file: 'generation_config.json', rows }, 'eos_token_id')

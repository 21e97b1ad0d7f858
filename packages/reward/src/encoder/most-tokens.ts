import { type Fault, fault } from '@gfnlm/env'
import type { Tokenizer } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import type { Json } from './read-json-at.ts'
import { shown } from './shown.ts'

/** The files that say how long a model's texts may be; those that are not there are empty. */
export interface LengthFiles {
  /** config.json */
  readonly config: Json
  /** tokenizer_config.json */
  readonly settings: Json
  /** sentence_bert_config.json */
  readonly sentences: Json
}

/** A field as it is written, and the name of its file; an option has none. */
interface Field {
  readonly file?: string
  readonly field: string
  readonly value: unknown
}

const isAbsent = ({ value }: Field): boolean => value === undefined || value === null

/** A field's number, if it is whole and `least` or more. */
const wholeNumber = (directory: string, { file, field, value }: Field, least: number): E.Either<Fault, number> => {
  const path = file === undefined ? undefined : join(directory, file)
  return Number.isInteger(value) && (value as number) >= least
    ? E.right(value as number)
    : E.left(
        fault(
          'EncoderInvalid',
          `${path === undefined ? '' : `${path}: `}${field} is ${shown(value)}`,
          `It must be a whole number of at least ${least}`,
          { ...(path === undefined ? {} : { path }), field, value },
        ),
      )
}

/** How many texts go into the model at a time. */
export const batchSize = (batch: number): E.Either<Fault, number> =>
  wholeNumber('', { field: 'batch', value: batch }, 1)

/** The positions before a text's first: RoBERTa's begin after its padding id, which the tokenizer's loader has checked. */
const positionsBefore = ({ model_type: type, pad_token_id: pad }: Json): number =>
  /roberta|camembert/.test(String(type)) ? 1 + Number(pad ?? 1) : 0

/** The tokens that a tokenizer puts around a text. */
const specialTokens = ({ encode }: Pick<Tokenizer, 'encode'>): number =>
  encode('a').length - encode('a', { special: false }).length

/**
 * The tokens that texts are cut to, special ones included: those asked for, or the least of what the model's files say.
 *
 * @param directory where the files are
 * @returns a fault that names the limit that is no whole number, or leaves nothing of a text beside the special tokens
 */
export const mostTokens = (
  directory: string,
  { config, settings, sentences }: LengthFiles,
  tokenizer: Pick<Tokenizer, 'encode'>,
  asked?: number,
): E.Either<Fault, number> => {
  const least = specialTokens(tokenizer) + 1
  if (asked !== undefined) return wholeNumber(directory, { field: 'maxTokens', value: asked }, least)
  const before = positionsBefore(config)
  const positions = { file: 'config.json', field: 'max_position_embeddings', value: config['max_position_embeddings'] }
  const own = [
    { file: 'sentence_bert_config.json', field: 'max_seq_length', value: sentences['max_seq_length'] },
    { file: 'tokenizer_config.json', field: 'model_max_length', value: settings['model_max_length'] },
  ].find((field) => !isAbsent(field))
  return pipe(
    E.Do,
    E.bind('held', () => (isAbsent(positions) ? E.right(Infinity) : wholeNumber(directory, positions, before + least))),
    E.bind('wanted', () => (own === undefined ? E.right(Infinity) : wholeNumber(directory, own, least))),
    E.map(({ held, wanted }) => Math.min(held - before, wanted)),
  )
}

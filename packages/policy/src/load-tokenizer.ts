import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { type PolicyFault, policyFault, reasonOf } from './policy-fault.ts'
import { readJson, readJsonIfAny } from './read-json.ts'
import type { Tokenizer } from './tokenizer.ts'

type Json = Readonly<Record<string, unknown>>

const FIX = 'Download the tokenizer again, or save it with tokenizers 0.19 or later'

/** A special token is written as its string, as an object with its content, or (config.json) as one or more ids. */
const idIn = (of: HuggingFaceTokenizer, which: string, settings: Json, config: Json): number | undefined => {
  const named = settings[`${which}_token`] as string | { content?: string } | null | undefined
  const text = typeof named === 'string' ? named : named?.content
  const id = config[`${which}_token_id`]
  return text !== undefined
    ? of.token_to_id(text)
    : ((Array.isArray(id) ? id[0] : id) as number | null | undefined) ?? undefined
}

/**
 * The tokenizer of parsed tokenizer.json, tokenizer_config.json and config.json. The special tokens are those that
 * tokenizer_config.json names, or else config.json.
 */
export const tokenizerOf = (
  path: string,
  json: Json,
  settings: Json,
  config: Json,
): Either<PolicyFault, Tokenizer> => {
  try {
    const inner = new HuggingFaceTokenizer(json, settings)
    const ids = [...inner.get_vocab(true).values()]
    if (ids.length === 0 || !ids.every(Number.isSafeInteger)) throw new Error('it has no vocabulary')
    inner.encode('a')
    return right({
      vocabSize: ids.reduce((most, id) => Math.max(most, id + 1), 0),
      bos: idIn(inner, 'bos', settings, config),
      eos: idIn(inner, 'eos', settings, config),
      pad: idIn(inner, 'pad', settings, config),
      encode: (text, { special = true } = {}) =>
        Int32Array.from(inner.encode(text, { add_special_tokens: special }).ids),
      decode: (tokens, { skipSpecial = true } = {}) =>
        tokens.length === 0 ? '' : inner.decode(Array.from(tokens), { skip_special_tokens: skipSpecial }),
      idOf: (token) => inner.token_to_id(token),
      tokenOf: (id) => inner.id_to_token(id),
    })
  } catch (caught) {
    return left(policyFault('TokenizerCorrupt', `${path} is not a tokenizer: ${reasonOf(caught)}`, FIX, { path }))
  }
}

/** The tokenizer of a model directory. */
export const loadTokenizer = (directory: string): TE.TaskEither<PolicyFault, Tokenizer> => {
  const path = join(directory, 'tokenizer.json')
  return pipe(
    TE.Do,
    TE.bind('json', () => readJson(path, { missing: 'ModelNotFound', corrupt: 'TokenizerCorrupt' }, FIX)),
    TE.bind('settings', () => readJsonIfAny(join(directory, 'tokenizer_config.json'), 'TokenizerCorrupt', FIX)),
    TE.bind('config', () =>
      readJsonIfAny(join(directory, 'config.json'), 'ConfigInvalid', 'Download the model again'),
    ),
    TE.chainEitherK(({ json, settings = {}, config = {} }) => tokenizerOf(path, json, settings, config)),
  )
}

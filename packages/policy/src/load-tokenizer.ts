import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { shown } from './architectures/config-fields.ts'
import { type PolicyFault, policyFault, reasonOf } from './policy-fault.ts'
import { TABLE, readJson, readJsonIfAny } from './read-json.ts'
import { generationEnds, specialTokenIds } from './special-token-ids.ts'
import { textStream } from './text-stream.ts'
import type { Tokenizer } from './tokenizer.ts'
import { effectiveTokenizer, padSideOf, namedSpecialTokens, withinRows } from './tokenizer-settings.ts'

type Json = Readonly<Record<string, unknown>>

const FIX = 'Download the tokenizer again, or save it with tokenizers 0.19 or later'
const MODEL_FIX = 'Download the model again'

/** A decoder of the library: one step, or several. */
interface DecoderParts {
  text_decoder?: TextDecoder
  readonly decoders?: readonly DecoderParts[]
}

/** Lets bytes decode to a byte order mark where there is one: it is a character of the text. */
const keepMarks = (decoder: DecoderParts): void => {
  if (decoder.text_decoder !== undefined) decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  decoder.decoders?.forEach(keepMarks)
}

/** The files of a model's tokenizer, parsed; those that are not there are empty. */
export interface TokenizerFiles {
  readonly json: Json
  readonly settings?: Json | undefined
  readonly specialTokensMap?: Json | undefined
  readonly config?: Json | undefined
  readonly generation?: Json | undefined
}

/**
 * The tokenizer of parsed tokenizer.json, tokenizer_config.json, special_tokens_map.json, config.json and
 * generation_config.json. The special tokens are those that tokenizer_config.json names, then those of the map, then
 * config.json's. What is generated ends at eos, and at the tokens of generation_config.json's `eos_token_id`, or
 * config.json's where that has none.
 *
 * Added tokens whose ids are not below `rows` are left out: their strings are text like any other. None of them may be
 * bos, eos or pad.
 *
 * Spaces before punctuation are never cleaned up in what is decoded: text that is encoded comes back.
 */
export const tokenizerOf = (
  path: string,
  { json, settings = {}, specialTokensMap = {}, config = {}, generation = {} }: TokenizerFiles,
  rows: number = Infinity,
): Either<PolicyFault, Tokenizer> => {
  const configIds = specialTokenIds(config, rows)
  if (isLeft(configIds)) return configIds
  const generationIds = generationEnds(generation, rows)
  if (isLeft(generationIds)) return generationIds
  const ends = generationIds.right.length > 0 ? generationIds.right : configIds.right.eos
  const corrupt = (what: string): Either<PolicyFault, never> =>
    left(policyFault('TokenizerCorrupt', `${path} is not a tokenizer: ${what}`, FIX, { path }))
  try {
    const specialTokens = namedSpecialTokens(settings, specialTokensMap)
    const effective = effectiveTokenizer(json, settings, specialTokens)
    if (isLeft(effective)) return corrupt(`${effective.left}, which is not computed here`)
    const { kept, beyond } = withinRows(effective.right, rows)
    const lost = ['bos_token', 'eos_token', 'pad_token'].find((name) => beyond.includes(specialTokens[name] ?? ''))
    if (lost !== undefined)
      return corrupt(`its ${lost}, ${shown(specialTokens[lost])}, is past the last of the model's ${rows} ids`)
    const inner = new HuggingFaceTokenizer(kept, { ...settings, clean_up_tokenization_spaces: false })
    keepMarks(inner.decoder ?? {})
    const ids = [...inner.get_vocab(true).values()]
    if (ids.length === 0 || !ids.every(Number.isSafeInteger)) return corrupt('it has no vocabulary')
    const absent = ['bos_token', 'eos_token'].find(
      (name) => specialTokens[name] !== undefined && inner.token_to_id(specialTokens[name]) === undefined,
    )
    if (absent !== undefined) return corrupt(`its ${absent}, ${shown(specialTokens[absent])}, is not in its vocabulary`)
    inner.encode('a')
    const idOf = (which: string, otherwise: number | undefined): number | undefined => {
      const named = specialTokens[`${which}_token`]
      return named === undefined ? otherwise : inner.token_to_id(named)
    }
    const eos = idOf('eos', configIds.right.eos[0] ?? ends[0])
    const decode = (tokens: ArrayLike<number>, { skipSpecial = true } = {}): string =>
      tokens.length === 0 ? '' : inner.decode(Array.from(tokens), { skip_special_tokens: skipSpecial })
    return right({
      vocabSize: ids.reduce((most, id) => Math.max(most, id + 1), 0),
      bos: idOf('bos', configIds.right.bos),
      eos,
      ends: [...new Set(eos === undefined ? ends : [eos, ...ends])],
      pad: idOf('pad', configIds.right.pad),
      unk: idOf('unk', configIds.right.unk),
      padSide: padSideOf(json, settings),
      specialTokens,
      encode: (text, { special = true } = {}) =>
        Int32Array.from(inner.encode(text, { add_special_tokens: special }).ids),
      decode,
      stream: (options) => textStream((tokens) => decode(tokens, options)),
      idOf: (token) => inner.token_to_id(token),
      tokenOf: (id) => inner.id_to_token(id),
    })
  } catch (caught) {
    return corrupt(reasonOf(caught))
  }
}

/** The files of a model directory's tokenizer. */
export const readTokenizerFiles = (directory: string): TE.TaskEither<PolicyFault, TokenizerFiles> =>
  pipe(
    TE.Do,
    TE.bind('json', () =>
      readJson(
        join(directory, 'tokenizer.json'),
        { missing: 'ModelNotFound', corrupt: 'TokenizerCorrupt' },
        FIX,
        TABLE,
      ),
    ),
    TE.bind('settings', () => readJsonIfAny(join(directory, 'tokenizer_config.json'), 'TokenizerCorrupt', FIX, TABLE)),
    TE.bind('specialTokensMap', () =>
      readJsonIfAny(join(directory, 'special_tokens_map.json'), 'TokenizerCorrupt', FIX),
    ),
    TE.bind('config', () => readJsonIfAny(join(directory, 'config.json'), 'ConfigInvalid', MODEL_FIX)),
    TE.bind('generation', () => readJsonIfAny(join(directory, 'generation_config.json'), 'ConfigInvalid', MODEL_FIX)),
  )

/**
 * The tokenizer of a model directory.
 *
 * @param rows ids that the model has: added tokens past them are left out, and text never gives their ids. Default: all
 */
export const loadTokenizer = (directory: string, rows?: number): TE.TaskEither<PolicyFault, Tokenizer> =>
  pipe(
    readTokenizerFiles(directory),
    TE.chainEitherK((files) => tokenizerOf(join(directory, 'tokenizer.json'), files, rows)),
  )

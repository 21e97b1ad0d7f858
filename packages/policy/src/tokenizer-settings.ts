import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { shown } from './architectures/config-fields.ts'

type Json = Readonly<Record<string, unknown>>

/** A token that is matched in the text before anything else happens to it. */
interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special?: boolean
  readonly normalized?: boolean
  readonly single_word?: boolean
}

const isObject = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

/** A special token is written as its string or as an object with its content. */
const contentOf = (token: unknown): string | undefined =>
  typeof token === 'string'
    ? token
    : isObject(token) && typeof token['content'] === 'string'
      ? token['content']
      : undefined

const namedIn = (file: Json): readonly (readonly [string, string])[] =>
  Object.entries(file).flatMap(([name, token]) => {
    const content = /^[a-z_]+_token$/.test(name) ? contentOf(token) : undefined
    return content === undefined ? [] : [[name, content] as const]
  })

/** The special tokens that tokenizer_config.json names, and those that only special_tokens_map.json does. */
export const namedSpecialTokens = (settings: Json, map: Json): Readonly<Record<string, string>> =>
  Object.fromEntries([...namedIn(map), ...namedIn(settings)])

/** transformers' defaults by class, where a file does not say. */
const LEFT = /^(Llama|CodeLlama|Gemma|Cohere)Tokenizer(Fast)?$/

/** The side that rows are padded on: tokenizer_config.json's, tokenizer.json's, or its class's. */
export const padSideOf = (json: Json, settings: Json): 'left' | 'right' => {
  const { direction } = isObject(json['padding']) ? json['padding'] : {}
  const side = String(settings['padding_side'] ?? direction ?? '').toLowerCase()
  return side === 'left' || side === 'right' ? side : LEFT.test(String(settings['tokenizer_class'])) ? 'left' : 'right'
}

/** The id of a token of the model's own vocabulary, which Unigram has as a list. */
const vocabularyId = (json: Json, content: string): number | undefined => {
  const vocabulary = isObject(json['model']) ? json['model']['vocab'] : undefined
  if (isObject(vocabulary)) return Object.hasOwn(vocabulary, content) ? Number(vocabulary[content]) : undefined
  const at = Array.isArray(vocabulary) ? vocabulary.findIndex(([token]) => token === content) : -1
  return at < 0 ? undefined : at
}

/**
 * tokenizer.json's added tokens, over them those of tokenizer_config.json's added_tokens_decoder, and the special tokens
 * that are named and in the vocabulary but in neither.
 */
const addedTokensOf = (json: Json, settings: Json, named: Readonly<Record<string, string>>): readonly AddedToken[] => {
  const listed = (json['added_tokens'] ?? []) as readonly AddedToken[]
  const decoder = isObject(settings['added_tokens_decoder']) ? settings['added_tokens_decoder'] : {}
  const over = Object.entries(decoder).map(([id, token]) => ({ ...(token as AddedToken), id: Number(id) }))
  const known = new Map([...listed, ...over].map((token) => [token.id, token]))
  for (const content of Object.values(named)) {
    const id = vocabularyId(json, content)
    if (id !== undefined && !known.has(id)) known.set(id, { id, content, special: true, normalized: false })
  }
  return [...known.values()].sort((a, b) => a.id - b.id)
}

/** A tokenizer.json whose model says its type, which older ones (GPT-2's own) leave to its fields. */
const withModelType = (json: Json): Json => {
  const model = isObject(json['model']) ? json['model'] : {}
  const { type, vocab, merges } = model
  if (type !== undefined && type !== null) return json
  if (Array.isArray(vocab)) return { ...json, model: { ...model, type: 'Unigram' } }
  return isObject(vocab) && Array.isArray(merges) ? { ...json, model: { ...model, type: 'BPE' } } : json
}

/** GPT-2's split, which ByteLevel does by itself unless told not to. */
const GPT2_SPLIT = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

/** ByteLevel that splits as Split and ByteLevel: the library's Split knows what the reference takes for white space. */
const splitApart = (preTokenizer: unknown): unknown => {
  if (!isObject(preTokenizer)) return preTokenizer
  const { type, use_regex: split = true, add_prefix_space: prefix, pretokenizers } = preTokenizer
  if (type === 'Sequence' && Array.isArray(pretokenizers))
    return { ...preTokenizer, pretokenizers: pretokenizers.map(splitApart) }
  if (type !== 'ByteLevel' || split !== true || prefix === true) return preTokenizer
  return {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: GPT2_SPLIT }, behavior: 'Isolated', invert: false },
      { ...preTokenizer, use_regex: false },
    ],
  }
}

/**
 * What is put around a text: `add_bos_token` and `add_eos_token` of tokenizer_config.json where they are written, else
 * tokenizer.json's post-processor. So does transformers 5; before, only some of its classes did.
 */
const postProcessorOf = (json: Json, settings: Json, named: Readonly<Record<string, string>>): unknown => {
  const asked = (flag: string, token: string): readonly unknown[] =>
    settings[flag] === true && named[token] !== undefined ? [{ SpecialToken: { id: named[token], type_id: 0 } }] : []
  if (![settings['add_bos_token'], settings['add_eos_token']].some((flag) => typeof flag === 'boolean'))
    return json['post_processor'] ?? null
  const text = { Sequence: { id: 'A', type_id: 0 } }
  const single = [...asked('add_bos_token', 'bos_token'), text, ...asked('add_eos_token', 'eos_token')]
  return { type: 'TemplateProcessing', single, pair: single, special_tokens: {} }
}

/**
 * The tokenizer.json that says by itself what the files beside it change in it, as transformers applies them; what is
 * wrong with it if it asks for something that is not computed here.
 */
export const effectiveTokenizer = (
  json: Json,
  settings: Json,
  named: Readonly<Record<string, string>>,
): Either<string, Json> => {
  const added = addedTokensOf(json, settings, named)
  const whole = added.find((token) => token.single_word === true)
  return whole === undefined
    ? right({
        ...withModelType(json),
        added_tokens: added,
        pre_tokenizer: splitApart(json['pre_tokenizer'] ?? null),
        post_processor: postProcessorOf(json, settings, named),
      })
    : left(`the added token ${shown(whole.content)} is to match whole words (single_word)`)
}

/** A tokenizer.json without the added tokens that a model of `rows` ids has no row for, and their strings. */
export const withinRows = (
  effective: Json,
  rows: number,
): { readonly kept: Json; readonly beyond: readonly string[] } => {
  const added = effective['added_tokens'] as readonly AddedToken[]
  return {
    kept: { ...effective, added_tokens: added.filter(({ id }) => id < rows) },
    beyond: added.filter(({ id }) => id >= rows).map(({ content }) => content),
  }
}

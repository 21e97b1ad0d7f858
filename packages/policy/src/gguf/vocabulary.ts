import type { GgufMetadata } from './container.ts'
import type { GgufTokenizer } from './gguf-tokenizer.ts'
import { type SpecialTokens, specialTokenMetadata } from './special-tokens.ts'
import { type TokenizerJson, listedTokens, mergedPairs, partsOf } from './tokenizer-json.ts'

/** Types of tokens by llama.cpp's numbers. */
const TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** The string and type of each of `size` ids; an id without a token is unused, tokens past the last id are left out. */
const tokensOf = (json: TokenizerJson, size: number): { readonly tokens: string[]; readonly types: Int32Array } => {
  const { model = {}, added_tokens = [] } = json
  const tokens = Array.from({ length: size }, (_, id) => `[PAD${id}]`)
  const types = new Int32Array(size).fill(TYPE.unused)
  const put = (token: string, id: number, type: number): void => {
    if (id >= size) return
    tokens[id] = token
    types[id] = token === model.unk_token || id === model.unk_id ? TYPE.unknown : type
  }
  for (const [token, id] of listedTokens(json))
    put(token, id, model.byte_fallback === true && /^<0x[0-9A-F]{2}>$/.test(token) ? TYPE.byte : TYPE.normal)
  for (const { id, content, special } of added_tokens)
    put(content, id, special === true ? TYPE.control : TYPE.userDefined)
  return { tokens, types }
}

/**
 * SentencePiece merges the pair whose joined token scores highest: the earlier a merge, the higher, and below them
 * what no merge makes.
 */
const mergeScores = (json: TokenizerJson, tokens: readonly string[]): Float32Array => {
  const ranks = new Map<string, number>()
  for (const [rank, pair] of mergedPairs(json).entries()) {
    const joined = pair.join('')
    if (!ranks.has(joined)) ranks.set(joined, rank)
  }
  return Float32Array.from(tokens, (token) => -(ranks.get(token) ?? ranks.size))
}

const unigramScores = ({ model }: TokenizerJson, size: number): Float32Array => {
  const vocab = model?.vocab
  return Float32Array.from({ length: size }, (_, id) =>
    Array.isArray(vocab) ? ((vocab[id]?.[1] as number | undefined) ?? 0) : 0,
  )
}

/** Whether a space is put before the text, and what the normalizer does that llama.cpp must know. */
const normalization = ({ normalizer, pre_tokenizer }: TokenizerJson): GgufMetadata => {
  const normalizers = partsOf(normalizer)
  const parts = [...normalizers, ...partsOf(pre_tokenizer)]
  const prefixed = parts.some(
    (part) =>
      part.type === 'Prepend' ||
      part['add_prefix_space'] === true ||
      (part.type === 'Metaspace' && part['prepend_scheme'] !== 'never'),
  )
  const charsmap = normalizers.find(({ type }) => type === 'Precompiled')?.['precompiled_charsmap']
  return {
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: prefixed },
    ...(typeof charsmap === 'string'
      ? { 'tokenizer.ggml.precompiled_charsmap': { type: 'uint8s', value: Buffer.from(charsmap, 'base64') } }
      : {}),
  }
}

/** What a tokenizer of llama.cpp works with besides the tokens. */
const workings = (tokenizer: GgufTokenizer, json: TokenizerJson, tokens: readonly string[]): GgufMetadata => {
  const scores = (value: Float32Array): GgufMetadata => ({ 'tokenizer.ggml.scores': { type: 'float32s', value } })
  const merges = (split: string, value: readonly string[]): GgufMetadata => ({
    'tokenizer.ggml.pre': { type: 'string', value: split },
    'tokenizer.ggml.merges': { type: 'strings', value },
  })
  switch (tokenizer.kind) {
    case 'gpt2':
      return merges(
        tokenizer.split,
        mergedPairs(json).map((pair) => pair.join(' ')),
      )
    case 'llama':
      return scores(mergeScores(json, tokens))
    case 't5':
      return scores(unigramScores(json, tokens.length))
    // Nothing of it makes sense of text, but programs around llama.cpp crash on a file without a tokenizer.
    case 'ids':
      return merges('gpt-2', [])
  }
}

/**
 * A tokenizer.json as the metadata that llama.cpp reads its tokenizer from.
 *
 * @param size ids of the model: those that the tokenizer lacks are marked as unused
 */
export const vocabulary = (
  kind: GgufTokenizer,
  json: TokenizerJson,
  special: SpecialTokens,
  size: number,
): GgufMetadata => {
  const { tokens, types } = tokensOf(json, size)
  return {
    'tokenizer.ggml.model': { type: 'string', value: kind.kind === 'ids' ? 'gpt2' : kind.kind },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', value: types },
    ...workings(kind, json, tokens),
    ...(kind.kind === 'ids' ? {} : normalization(json)),
    ...specialTokenMetadata(special, types.indexOf(TYPE.unknown)),
  }
}

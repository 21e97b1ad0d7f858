import type { GgufTokenizer } from './gguf-tokenizer.ts'
import { type TokenizerJson, partsOf } from './tokenizer-json.ts'

const listed = (tokens: readonly string[]): string =>
  `${tokens
    .slice(0, 3)
    .map((token) => JSON.stringify(token))
    .join(', ')}${tokens.length > 3 ? ` and ${tokens.length - 3} more` : ''}`

/**
 * Texts that llama.cpp reads otherwise than a tokenizer.json although it has its tokenizer: in all of its families, and
 * in the files that its own converter writes.
 */
export const tokenizerNotes = ({ kind }: GgufTokenizer, json: TokenizerJson): readonly string[] => {
  if (kind === 'ids') return []
  const composes = partsOf(json.normalizer).some(({ type }) => type === 'NFC')
  const metaspace = partsOf(json.pre_tokenizer).find(({ type }) => type === 'Metaspace')
  const prefixes = metaspace !== undefined && metaspace['prepend_scheme'] !== 'never'
  const greedy = (json.added_tokens ?? []).filter(({ lstrip, rstrip }) => lstrip === true || rstrip === true)
  return [
    ...(composes ? ['llama.cpp does not compose characters (normalizer NFC): give it text that is composed'] : []),
    ...(prefixes
      ? ['llama.cpp puts a space before a text that begins with one, the tokenizer does not (pre_tokenizer Metaspace)']
      : []),
    ...(prefixes && metaspace['prepend_scheme'] === 'first'
      ? ['llama.cpp puts a space after special tokens, the tokenizer does not (Metaspace prepend_scheme first)']
      : []),
    ...(greedy.length > 0
      ? [
          `llama.cpp may keep white space beside ${listed(greedy.map(({ content }) => content))}, which the tokenizer ` +
            'takes into them (lstrip, rstrip)',
        ]
      : []),
  ]
}

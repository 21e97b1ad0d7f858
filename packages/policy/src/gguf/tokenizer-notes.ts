import type { GgufTokenizer } from './gguf-tokenizer.ts'
import { type TokenizerJson, listedTokens, mergedPairs, partsOf } from './tokenizer-json.ts'

const listed = (tokens: readonly string[]): string =>
  `${tokens
    .slice(0, 3)
    .map((token) => JSON.stringify(token))
    .join(', ')}${tokens.length > 3 ? ` and ${tokens.length - 3} more` : ''}`

/**
 * Tokens that merging as SentencePiece does it (any two whose text is a token, the order the joined token's alone) makes
 * otherwise than the merges do: of two that no merge joins, or with other merges between theirs.
 */
const mergedOtherwise = (json: TokenizerJson): readonly string[] => {
  const merges = mergedPairs(json)
  const pairs = new Set(merges.map((pair) => pair.join('\0')))
  const added = new Set((json.added_tokens ?? []).map(({ content }) => content))
  const tokens = new Set(listedTokens(json).flatMap(([token]) => (added.has(token) ? [] : [token])))
  const joins = (token: string, i: number): boolean => {
    const [left, right] = [token.slice(0, i), token.slice(i)]
    return tokens.has(left) && tokens.has(right) && !pairs.has(`${left}\0${right}`)
  }
  const unlisted = [...tokens].filter((token) => {
    for (let i = 1; i < token.length; i++) if (joins(token, i)) return true
    return false
  })
  const joined = merges.map((pair) => pair.join(''))
  const begins = joined.filter((token, i) => token !== joined[i - 1])
  const firsts = new Map(begins.map((token, i) => [token, i] as const).toReversed())
  const apart = begins.filter((token, i) => firsts.get(token) !== i)
  return [...new Set([...unlisted, ...apart])]
}

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
  const otherwise = kind === 'llama' ? mergedOtherwise(json) : []
  return [
    ...(otherwise.length > 0
      ? [
          `llama.cpp merges any two tokens whose text is a token, so it may make ${listed(otherwise)} where merges do not`,
        ]
      : []),
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

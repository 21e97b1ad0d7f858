import type { GgufTokenizer } from './gguf-tokenizer.ts'
import { type TokenizerJson, listedTokens, mergedPairs, partsOf } from './tokenizer-json.ts'

/** The beginning of a token, quoted and escaped: those of white space alone may be long. */
const quoted = (token: string): string =>
  JSON.stringify(token.length <= 16 ? token : `${Array.from(token).slice(0, 12).join('')}…`)

const listed = (tokens: readonly string[]): string =>
  `${tokens.slice(0, 3).map(quoted).join(', ')}${tokens.length > 3 ? ` and ${tokens.length - 3} more` : ''}`

/** Where merges split the tokens that they make, and the tokens whose merges do not follow one another. */
const splitsOf = (
  json: TokenizerJson,
): { readonly splits: ReadonlyMap<string, readonly number[]>; readonly apart: ReadonlySet<string> } => {
  const splits = new Map<string, number[]>()
  const apart = new Set<string>()
  let last: string | undefined
  for (const [left, right] of mergedPairs(json)) {
    const joined = left + right
    const known = splits.get(joined)
    if (known === undefined) splits.set(joined, [left.length])
    else {
      known.push(left.length)
      if (joined !== last) apart.add(joined)
    }
    last = joined
  }
  return { splits, apart }
}

/**
 * Tokens that merging as SentencePiece does it (any two whose text is a token, the order the joined token's alone) makes
 * otherwise than the merges do: of two that no merge joins, or with other merges between theirs; the shortest first.
 */
const mergedOtherwise = (json: TokenizerJson): readonly string[] => {
  const { splits, apart } = splitsOf(json)
  const added = new Set((json.added_tokens ?? []).map(({ content }) => content))
  const tokens = new Set(listedTokens(json).flatMap(([token]) => (added.has(token) ? [] : [token])))
  const lengths = new Set(Array.from(tokens, ({ length }) => length))
  const isUnlisted = (token: string): boolean => {
    const known = splits.get(token) ?? []
    for (let i = 1; i < token.length; i++) {
      if (known.includes(i) || !lengths.has(i) || !lengths.has(token.length - i)) continue
      if (tokens.has(token.slice(0, i)) && tokens.has(token.slice(i))) return true
    }
    return false
  }
  const otherwise = new Set([...[...tokens].filter(isUnlisted), ...apart])
  return [...otherwise].sort((a, b) => a.length - b.length)
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

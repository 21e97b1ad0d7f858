/** What is read of a tokenizer.json. */
export interface TokenizerJson {
  readonly model?: {
    readonly type?: string
    /** Ids by string, or for unigrams the string and score of each id. */
    readonly vocab?: Readonly<Record<string, number>> | readonly (readonly [string, number])[]
    readonly merges?: readonly (string | readonly [string, string])[]
    readonly byte_fallback?: boolean
    readonly ignore_merges?: boolean
    readonly dropout?: number | null
    readonly continuing_subword_prefix?: string | null
    readonly end_of_word_suffix?: string | null
    readonly unk_token?: string | null
    readonly unk_id?: number | null
  }
  readonly added_tokens?: readonly AddedToken[]
  readonly normalizer?: Part | null
  readonly pre_tokenizer?: Part | null
  readonly post_processor?: Part | null
}

/** A token that is found in a text before anything else is done to it. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special?: boolean
  readonly lstrip?: boolean
  readonly rstrip?: boolean
}

/** A normalizer, a pre-tokenizer or a post-processor, or a sequence of them. */
export interface Part {
  readonly type: string
  readonly normalizers?: readonly Part[]
  readonly pretokenizers?: readonly Part[]
  readonly processors?: readonly Part[]
  readonly [option: string]: unknown
}

/** The parts of a sequence one after another. */
export const partsOf = (part: Part | null | undefined): readonly Part[] =>
  part === null || part === undefined
    ? []
    : ((part.normalizers ?? part.pretokenizers ?? part.processors)?.flatMap(partsOf) ?? [part])

/** The pattern of a Split or a Replace: a regular expression or the text itself. */
export const patternOf = ({ pattern }: Part): { readonly Regex?: string; readonly String?: string } =>
  typeof pattern === 'object' && pattern !== null ? pattern : {}

/** Tokens and their ids. */
export const listedTokens = ({ model }: TokenizerJson): readonly (readonly [string, number])[] => {
  const vocab = model?.vocab ?? {}
  return Array.isArray(vocab)
    ? vocab.map(([token]: [string, number], id) => [token, id] as const)
    : Object.entries(vocab)
}

/** Ids below `size` by the strings of their tokens, added ones included. */
export const idsByToken = (json: TokenizerJson, size: number): ReadonlyMap<string, number> =>
  new Map(
    [...listedTokens(json), ...(json.added_tokens ?? []).map(({ content, id }) => [content, id] as const)].filter(
      ([, id]) => id < size,
    ),
  )

/** The two tokens of each merge, in their order. */
export const mergedPairs = ({ model }: TokenizerJson): readonly (readonly [string, string])[] =>
  (model?.merges ?? []).map((merge) => {
    if (typeof merge !== 'string') return merge
    const space = merge.indexOf(' ', 1)
    return [merge.slice(0, space), merge.slice(space + 1)]
  })

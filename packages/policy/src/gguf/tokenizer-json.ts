/** What is read of a tokenizer.json. */
export interface TokenizerJson {
  readonly model?: {
    readonly type?: string
    /** Ids by string, or for unigrams the string and score of each id. */
    readonly vocab?: Readonly<Record<string, number>> | readonly (readonly [string, number])[]
    readonly merges?: readonly (string | readonly [string, string])[]
    readonly byte_fallback?: boolean
    readonly unk_token?: string | null
    readonly unk_id?: number | null
  }
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[]
  readonly normalizer?: Part | null
  readonly pre_tokenizer?: Part | null
}

/** A normalizer or a pre-tokenizer, or a sequence of them. */
export interface Part {
  readonly type: string
  readonly normalizers?: readonly Part[]
  readonly pretokenizers?: readonly Part[]
  readonly [option: string]: unknown
}

/** The parts of a sequence one after another. */
export const partsOf = (part: Part | null | undefined): readonly Part[] =>
  part === null || part === undefined ? [] : ((part.normalizers ?? part.pretokenizers)?.flatMap(partsOf) ?? [part])

/** Tokens and their ids. */
export const listedTokens = ({ model }: TokenizerJson): readonly (readonly [string, number])[] => {
  const vocab = model?.vocab ?? {}
  return Array.isArray(vocab)
    ? vocab.map(([token]: [string, number], id) => [token, id] as const)
    : Object.entries(vocab)
}

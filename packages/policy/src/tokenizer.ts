import type { TextStream } from './text-stream.ts'

/** Text to token ids and back, as the model's own tokenizer.json has it. */
export interface Tokenizer {
  readonly vocabSize: number
  readonly bos: number | undefined
  readonly eos: number | undefined
  /** Ids that end what the model generates, eos the first: chat models have one for a turn beside that of a text. */
  readonly ends: readonly number[]
  readonly pad: number | undefined
  readonly unk: number | undefined
  /** The side on which rows of this tokenizer are padded elsewhere; here padding never changes a result. */
  readonly padSide: 'left' | 'right'
  /** Special tokens by the names that chat templates know them by: `bos_token`, `eos_token`, … */
  readonly specialTokens: Readonly<Record<string, string>>
  /** Ids of a text; `special` (default true) adds what the tokenizer's post-processor adds (a leading bos). */
  readonly encode: (text: string, options?: { readonly special?: boolean }) => Int32Array
  /** Text of ids; special tokens are skipped unless asked for. */
  readonly decode: (ids: ArrayLike<number>, options?: { readonly skipSpecial?: boolean }) => string
  /** `decode` for ids that come one by one. */
  readonly stream: (options?: { readonly skipSpecial?: boolean }) => TextStream
  /** The id of a token's own string, if it is in the vocabulary. */
  readonly idOf: (token: string) => number | undefined
  /** The token's own string. */
  readonly tokenOf: (id: number) => string | undefined
}

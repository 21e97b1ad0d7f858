/** A tokenizer.json of whole words: `<unk>` and the letters a to i, in 10 ids. */
export const SMALL_TOKENIZER: {
  readonly model: {
    readonly type: string
    readonly vocab: Readonly<Record<string, number>>
    readonly unk_token: string
  }
  readonly [part: string]: unknown
} = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [
    { id: 0, content: '<unk>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  ],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: {
    type: 'WordLevel',
    vocab: Object.fromEntries(['<unk>', ...'abcdefghi'].map((word, id) => [word, id])),
    unk_token: '<unk>',
  },
}

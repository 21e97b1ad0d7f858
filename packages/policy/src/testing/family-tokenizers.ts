/** A tokenizer.json. */
export type TokenizerJson = Readonly<Record<string, unknown>>

/** The characters that stand for bytes in byte-level vocabularies (GPT-2's table). */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  const shown = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255)
  let hidden = 0
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(shown(byte) ? byte : 256 + hidden++))
})()

const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
)

/** Merges of pairs, written as words whose parts are separated by a bar. */
const pairs = (...merges: readonly string[]): readonly (readonly [string, string])[] =>
  merges.map((merge) => merge.split('|') as unknown as readonly [string, string])

const BYTE_MERGES = pairs(
  'h|e',
  't|he',
  'Ġ|t',
  'Ġt|he',
  'Ġ|a',
  'i|n',
  'l|l',
  'he|ll',
  'hell|o',
  'Ġ|hello',
  'Ġ|w',
  'o|r',
  'Ġw|or',
  'Ġwor|l',
  'Ġworl|d',
  "'|s",
  'Ċ|Ċ',
  'Ġ|Ġ',
  'ĠĠ|ĠĠ',
  '1|2',
  '12|3',
  'Ã|©',
  'ð|Ł',
  'ðŁ|ĺ',
)

const PIECE_MERGES = pairs(
  'h|e',
  't|he',
  '▁|t',
  '▁t|he',
  '▁|a',
  'i|n',
  'l|l',
  'he|ll',
  'hell|o',
  '▁|hello',
  '▁|w',
  'o|r',
  '▁w|or',
  '▁wor|l',
  '▁worl|d',
  '▁|▁',
  '▁▁|▁▁',
  '1|2',
  '▁|[',
  'I|N',
  'IN|S',
  'INS|T',
)

const vocabularyOf = (
  first: readonly string[],
  merges: readonly (readonly [string, string])[],
): Record<string, number> =>
  Object.fromEntries([...new Set([...first, ...merges.map((pair) => pair.join(''))])].map((token, id) => [token, id]))

const added = (id: number, content: string, more: Readonly<Record<string, boolean>> = {}): unknown => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...more,
})

const byteBpe = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: '',
  end_of_word_suffix: '',
  fuse_unk: false,
  byte_fallback: false,
  vocab: vocabularyOf(BYTE_CHARACTERS, BYTE_MERGES),
  merges: BYTE_MERGES,
  ...more,
})

/** Tokens of the model itself, in the order of their ids, before the bytes. */
const pieceBpe = (special: readonly string[]): Readonly<Record<string, unknown>> => ({
  type: 'BPE',
  dropout: null,
  unk_token: '<unk>',
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: true,
  byte_fallback: true,
  vocab: vocabularyOf([...special, ...HEX, '▁', ...'abcdefghijklmnopqrstuvwxyzINST[]/123.,!\né'], PIECE_MERGES),
  merges: PIECE_MERGES,
})

const template = (token: string, id: number): unknown => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
})

const byteLevel = (useRegex: boolean): unknown => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
})
const split = (digits: string): unknown => ({
  type: 'Sequence',
  pretokenizers: [
    {
      type: 'Split',
      pattern: {
        Regex: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
      },
      behavior: 'Isolated',
      invert: false,
    },
    byteLevel(false),
  ],
})
const replace = (from: string, to: string): unknown => ({ type: 'Replace', pattern: { String: from }, content: to })
const sequence = (part: 'normalizers' | 'decoders', ...all: readonly unknown[]): unknown => ({
  type: 'Sequence',
  [part]: all,
})
const PIECES = [replace('▁', ' '), { type: 'ByteFallback' }, { type: 'Fuse' }] as const
const STRIP = { type: 'Strip', content: ' ', start: 1, stop: 0 } as const

const FILE = { version: '1.0', truncation: null, padding: null, normalizer: null, pre_tokenizer: null } as const
const END = 255 + BYTE_MERGES.length

/** Small tokenizers built as each family builds its own: same parts in the same order, a few dozen merges. */
export const FAMILIES: Readonly<Record<string, TokenizerJson>> = {
  gpt2: {
    ...FILE,
    added_tokens: [added(END + 1, '<|endoftext|>')],
    pre_tokenizer: byteLevel(true),
    post_processor: byteLevel(true),
    decoder: byteLevel(true),
    model: byteBpe(),
  },
  llama3: {
    ...FILE,
    added_tokens: [added(END + 1, '<|begin_of_text|>'), added(END + 2, '<|eot_id|>')],
    pre_tokenizer: split(String.raw`\p{N}{1,3}`),
    post_processor: { type: 'Sequence', processors: [byteLevel(true), template('<|begin_of_text|>', END + 1)] },
    decoder: byteLevel(true),
    model: byteBpe({ ignore_merges: true }),
  },
  qwen2: {
    ...FILE,
    added_tokens: [
      added(END + 1, '<|endoftext|>'),
      added(END + 2, '<|im_start|>'),
      added(END + 3, '<|im_end|>'),
      added(END + 4, '<think>', { special: false }),
    ],
    normalizer: { type: 'NFC' },
    pre_tokenizer: split(String.raw`\p{N}`),
    post_processor: byteLevel(false),
    decoder: byteLevel(false),
    model: byteBpe(),
  },
  llama2: {
    ...FILE,
    added_tokens: [added(0, '<unk>'), added(1, '<s>'), added(2, '</s>')],
    normalizer: sequence('normalizers', { type: 'Prepend', prepend: '▁' }, replace(' ', '▁')),
    post_processor: template('<s>', 1),
    decoder: sequence('decoders', ...PIECES, STRIP),
    model: pieceBpe(['<unk>', '<s>', '</s>']),
  },
  phi3: {
    ...FILE,
    added_tokens: [
      added(0, '<unk>'),
      added(1, '<s>'),
      added(2, '</s>', { rstrip: true, special: false }),
      added(3, '<|user|>', { rstrip: true }),
      added(4, '<|end|>', { rstrip: true }),
      added(5, '<|mask|>', { lstrip: true }),
    ],
    normalizer: sequence('normalizers', { type: 'Prepend', prepend: '▁' }, replace(' ', '▁')),
    post_processor: null,
    decoder: sequence('decoders', ...PIECES, STRIP),
    model: pieceBpe(['<unk>', '<s>', '</s>', '<|user|>', '<|end|>', '<|mask|>']),
  },
  mistral: {
    ...FILE,
    added_tokens: [added(0, '<unk>'), added(1, '<s>'), added(2, '</s>'), added(3, '[INST]'), added(4, '[/INST]')],
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
    post_processor: template('<s>', 1),
    decoder: sequence('decoders', ...PIECES, STRIP),
    model: pieceBpe(['<unk>', '<s>', '</s>', '[INST]', '[/INST]']),
  },
  gemma: {
    ...FILE,
    added_tokens: [
      added(0, '<pad>'),
      added(1, '<eos>'),
      added(2, '<bos>'),
      added(3, '<unk>'),
      added(4, '<start_of_turn>'),
      added(5, '\n\n', { special: false }),
    ],
    normalizer: replace(' ', '▁'),
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    post_processor: template('<bos>', 2),
    decoder: sequence('decoders', ...PIECES),
    model: pieceBpe(['<pad>', '<eos>', '<bos>', '<unk>', '<start_of_turn>', '\n\n']),
  },
}

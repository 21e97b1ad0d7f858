import { type Part, type TokenizerJson, partsOf } from './tokenizer-json.ts'

/**
 * Which of llama.cpp's tokenizers a file asks for: `gpt2` byte-level BPE, `llama` SentencePiece's BPE with byte
 * fallback, `t5` SentencePiece's unigrams. With `ids` it has none that fits: give it token ids, never text.
 */
export type GgufTokenizer =
  { readonly kind: 'gpt2'; readonly split: string } | { readonly kind: 'llama' | 't5' | 'ids' }

/** How Llama 3 splits text before byte-level BPE. */
const LLAMA_3: string = [
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
  String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`,
  String.raw`\p{N}{1,3}`,
  String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`,
  String.raw`\s*[\r\n]+`,
  String.raw`\s+(?!\S)`,
  String.raw`\s+`,
].join('|')

/** The same, digit by digit. */
const QWEN_2: string = LLAMA_3.replace('{1,3}', '')

/** Ways to split text before byte-level BPE, and llama.cpp's names of them. */
const SPLITS: Readonly<Record<string, string>> = {
  bytes: 'gpt-2',
  'digits, bytes': 'smollm',
  [`split ${LLAMA_3}, bytes`]: 'llama-bpe',
  [`split ${QWEN_2}, bytes`]: 'qwen2',
}

/** A pre-tokenizer in the words of `SPLITS`; one that does more than they say has none. */
const wordOf = ({ type, pattern, ...options }: Part): string | undefined =>
  type === 'ByteLevel' && options['add_prefix_space'] !== true
    ? 'bytes'
    : type === 'Digits' && options['individual_digits'] === true
      ? 'digits'
      : type === 'Split'
        ? `split ${(pattern as { Regex?: string }).Regex}`
        : undefined

const marksSpaces = ({ type, content, pattern }: Part): boolean =>
  type === 'Metaspace' || (type === 'Replace' && content === '▁' && (pattern as { String?: string }).String === ' ')

/** The tokenizer of llama.cpp that gives the ids of a tokenizer.json; `ids` where it has none that does. */
export const ggufTokenizer = ({ model, normalizer, pre_tokenizer }: TokenizerJson): GgufTokenizer => {
  const normalizers = partsOf(normalizer)
  const parts = partsOf(pre_tokenizer)
  if (model?.type === 'Unigram') return { kind: 't5' }
  if (model?.type !== 'BPE') return { kind: 'ids' }
  if (model.byte_fallback === true && [...normalizers, ...parts].some(marksSpaces)) return { kind: 'llama' }
  const split = SPLITS[parts.map(wordOf).join(', ')]
  return split === undefined || normalizers.some(({ type }) => type !== 'NFC')
    ? { kind: 'ids' }
    : { kind: 'gpt2', split }
}

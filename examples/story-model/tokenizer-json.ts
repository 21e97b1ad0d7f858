import { SPECIAL, specialId, vocabulary } from './vocabulary.ts'

/** The tokenizer's files as Hugging Face lays them out, ready to be written as JSON. */
export interface TokenizerFiles {
  readonly 'tokenizer.json': Readonly<Record<string, unknown>>
  readonly 'tokenizer_config.json': Readonly<Record<string, unknown>>
  readonly 'special_tokens_map.json': Readonly<Record<string, unknown>>
}

/** Positions that the model was given; longer texts were never seen. */
export const CONTEXT = 256

/**
 * One token a word and one a punctuation mark. The pre-tokenizer cuts text into runs of word characters and runs
 * of anything else that is not space; the WordPiece decoder joins tokens with spaces and takes the space before
 * punctuation away again. No token carries a space, so a completion has the same ids alone as in its story, and
 * the terminator "." is one id wherever it stands.
 */
export const tokenizerFiles = (): TokenizerFiles => ({
  'tokenizer.json': {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content) => ({
      id: specialId(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: '<s>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { '<s>': { id: '<s>', ids: [specialId('<s>')], tokens: ['<s>'] } },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(vocabulary().map((token, id) => [token, id])),
      unk_token: '<unk>',
    },
  },
  'tokenizer_config.json': {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
    pad_token: '<pad>',
    additional_special_tokens: ['<ending>', '<beginning>'],
    add_bos_token: true,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    model_max_length: CONTEXT,
    padding_side: 'left',
  },
  'special_tokens_map.json': {
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
    pad_token: '<pad>',
    additional_special_tokens: ['<ending>', '<beginning>'],
  },
})

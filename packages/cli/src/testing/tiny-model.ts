import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomPolicy, savePretrained } from '@gfnlm/policy'
import * as E from 'fp-ts/lib/Either.js'
import { orThrow } from '../or-throw.ts'

const SPECIAL = ['<unk>', '<s>', '</s>']
/** The vocabulary, in the order of its ids. */
export const WORDS: readonly string[] = [
  ...SPECIAL,
  '.',
  'the',
  'a',
  'fox',
  'owl',
  'found',
  'lost',
  'lamp',
  'key',
  'and',
  'then',
  'slept',
  'sang',
]

/** One Llama layer with random weights, sharp enough that completions differ in likelihood. */
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: WORDS.length,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  max_position_embeddings: 48,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: false,
  initializer_range: 0.5,
  bos_token_id: 1,
  eos_token_id: 2,
}

const TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: SPECIAL.map((content, id) => ({
    id,
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
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: { type: 'WordLevel', vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])), unk_token: '<unk>' },
}

export const freshDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'gfnlm-cli-'))

/** Writes a model of 16 words in Hugging Face layout, and gives its directory. */
export const tinyModel = async (): Promise<string> => {
  const directory = await freshDirectory()
  const policy = randomPolicy(CONFIG, { seed: 3, train: 'none' })
  if (E.isLeft(policy)) throw policy.left
  await orThrow(savePretrained(policy.right, null, directory))
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(TOKENIZER))
  await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<s>', eos_token: '</s>' }))
  return directory
}

/** Rows of a next-sentence and infilling dataset in the tiny model's words. */
export const ROWS = [
  { id: 'fox', prompt: 'the fox found a', beginning: 'the fox found a lamp .', ending: 'then the fox slept .' },
  { id: 'owl', prompt: 'a owl lost the', beginning: 'a owl lost the key .', ending: 'and a owl sang .' },
  { id: 'key', prompt: 'then the key', beginning: 'the lamp slept .', ending: 'the key sang .' },
] as const

/** Writes a dataset and a config beside it, and gives the config's path. */
export const writeConfig = async (
  config: Readonly<Record<string, unknown>>,
  rows: readonly object[] = ROWS,
): Promise<string> => {
  const directory = await freshDirectory()
  await writeFile(join(directory, 'prompts.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const file = join(directory, 'config.json')
  await writeFile(file, JSON.stringify(config))
  return file
}

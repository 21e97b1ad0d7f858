import { type Either, isLeft } from 'fp-ts/lib/Either.js'
import { mkdtemp } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Config = Readonly<Record<string, unknown>>

/** Two layers, three query heads for each key-value head, rotary positions, untied head. */
export const SMALL_LLAMA = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 12,
  intermediate_size: 10,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 4,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
  rope_theta: 100,
  tie_word_embeddings: false,
  initializer_range: 0.4,
}

/** Two layers, learned positions, fused projection, tied head. */
export const SMALL_GPT2 = {
  model_type: 'gpt2',
  vocab_size: 11,
  n_embd: 8,
  n_layer: 2,
  n_head: 2,
  n_positions: 16,
  initializer_range: 0.4,
}

/** Heads that together are as wide as the model. */
const square: Config = { ...SMALL_LLAMA, head_dim: undefined, num_attention_heads: 3, num_key_value_heads: 1 }

const gemma: Config = {
  ...SMALL_LLAMA,
  hidden_activation: 'gelu_pytorch_tanh',
  query_pre_attn_scalar: 4,
  sliding_window: 3,
  tie_word_embeddings: true,
}

/** A small model of each other family, its windows shorter than the tests' rows and everything it may have in use. */
export const SMALL_FAMILIES: Readonly<Record<string, Config>> = {
  'Llama 3': {
    ...SMALL_LLAMA,
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8,
    },
  },
  Mistral: { ...SMALL_LLAMA, model_type: 'mistral', sliding_window: 3 },
  'Qwen 2': {
    ...square,
    model_type: 'qwen2',
    use_sliding_window: true,
    sliding_window: 2,
    max_window_layers: 1,
    tie_word_embeddings: true,
  },
  'Qwen 3': { ...SMALL_LLAMA, model_type: 'qwen3' },
  'Gemma 2': { ...gemma, model_type: 'gemma2', attn_logit_softcapping: 2, final_logit_softcapping: 3 },
  'Gemma 3': {
    ...gemma,
    model_type: 'gemma3_text',
    num_hidden_layers: 3,
    sliding_window_pattern: 3,
    rope_local_base_freq: 10,
    rope_scaling: { rope_type: 'linear', factor: 2 },
  },
  'Phi 3': { ...square, model_type: 'phi3', sliding_window: 5, pad_token_id: 0 },
}

/** The language model of a small Gemma 3 that also sees. */
export const SMALL_GEMMA_3_THAT_SEES: Config = {
  architectures: ['Gemma3ForConditionalGeneration'],
  model_type: 'gemma3',
  boi_token_index: 8,
  eoi_token_index: 9,
  image_token_index: 10,
  initializer_range: 0.4,
  mm_tokens_per_image: 4,
  text_config: { ...SMALL_FAMILIES['Gemma 3'], model_type: 'gemma3_text', pad_token_id: 0 },
  vision_config: {
    hidden_size: 8,
    image_size: 16,
    intermediate_size: 8,
    model_type: 'siglip_vision_model',
    num_attention_heads: 2,
    num_hidden_layers: 1,
    patch_size: 8,
    vision_use_head: false,
  },
}

/** The value of a Right; a Left fails the test with its message. */
export const rightOf = <A>(either: Either<Error, A>): A => {
  if (isLeft(either)) throw either.left
  return either.right
}

/** The fault of a Left. */
export const leftOf = <L>(either: Either<L, unknown>): L => {
  if (isLeft(either)) return either.left
  throw new Error('expected a failure')
}

export const freshDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'gfnlm-policy-'))

const shared = process.env['GFNLM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url))

/** A small real model in Hugging Face layout, when this machine has it. */
export const STORIES: string = join(shared, 'models', 'stories260K')
export const hasStories: boolean = existsSync(join(STORIES, 'model.safetensors'))

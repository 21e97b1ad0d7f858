import { type Either, isLeft } from 'fp-ts/lib/Either.js'
import { mkdtemp } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

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

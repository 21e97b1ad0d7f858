import { type LoraOptions, type PretrainedPolicy, lora, randomPolicy } from '@gfnlm/policy'
import { fold, keyOf, normal } from '@gfnlm/env'
import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { isLeft } from 'fp-ts/lib/Either.js'

const LLAMA = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 12,
  intermediate_size: 10,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 4,
  max_position_embeddings: 24,
  rms_norm_eps: 1e-5,
  rope_theta: 100,
  tie_word_embeddings: false,
  initializer_range: 0.4,
}
const GPT2 = {
  model_type: 'gpt2',
  vocab_size: 11,
  n_embd: 8,
  n_layer: 2,
  n_head: 2,
  n_positions: 24,
  initializer_range: 0.4,
}

const drawn = (config: Readonly<Record<string, unknown>>, adapter?: LoraOptions): PretrainedPolicy => {
  const made = randomPolicy(config, { seed: 3, ...(adapter === undefined ? {} : { adapter }) })
  if (isLeft(made)) throw made.left
  return made.right
}

/** Rotary positions, grouped-query attention, untied head. 11 tokens, 24 positions, an adapter with B = 0. */
export const smallLlama = (): PretrainedPolicy => drawn(LLAMA, lora({ r: 2 }))

/** Learned positions, tied head. 11 tokens, 24 positions, an adapter with B = 0. */
export const smallGPT2 = (): PretrainedPolicy => drawn(GPT2, lora({ r: 2 }))

/** Parameters as if they had been trained: every number drawn anew. */
export const trained = (parameters: HostTensors): HostTensors =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, { data, shape }]) => {
      const key = fold(keyOf(1), name)
      return [
        name,
        hostTensor(
          Float32Array.from(data, (_, i) => normal(key, i) / 8),
          shape,
        ),
      ]
    }),
  )

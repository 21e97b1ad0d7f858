import { fold, keyOf, normal } from '@gfnlm/env'
import { hostTensor, type HostTensors } from '@gfnlm/jit'
import { type Policy, lora, randomPolicy } from '@gfnlm/policy'

const LLAMA = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 12,
  intermediate_size: 10,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 4,
  rms_norm_eps: 1e-5,
  rope_theta: 100,
  tie_word_embeddings: false,
  initializer_range: 0.4,
}
const GPT2 = { model_type: 'gpt2', vocab_size: 11, n_embd: 8, n_layer: 2, n_head: 2, initializer_range: 0.4 }

const policyOf = (config: Readonly<Record<string, unknown>>): Policy => {
  const made = randomPolicy(config, { seed: 3, adapter: lora({ r: 2 }) })
  if (made._tag === 'Left') throw made.left
  return made.right
}

const MISTRAL = { ...LLAMA, model_type: 'mistral', sliding_window: 4 }

/** A small random policy whose layers see the last four columns only. */
export const windowedPolicy = (): Policy => policyOf({ ...MISTRAL, max_position_embeddings: 24 })

/** Two small random policies with an adapter, of `context` positions. */
export const smallPolicies = (context = 24): readonly (readonly [string, Policy])[] => [
  ['llama', policyOf({ ...LLAMA, max_position_embeddings: context })],
  ['gpt2', policyOf({ ...GPT2, n_positions: context })],
]

/** An adapter whose B matrices are not zero: far from the reference. */
export const moved = ({ trainable }: Policy): HostTensors =>
  Object.fromEntries(
    Object.entries(trainable).map(([name, { data, shape }]) => {
      const key = fold(keyOf(5), name)
      return [
        name,
        hostTensor(
          Float32Array.from(data, (x, i) => x + 0.2 * normal(key, i)),
          shape,
        ),
      ]
    }),
  )

import { CONTEXT } from './tokenizer-json.ts'
import { specialId, vocabulary } from './vocabulary.ts'

/** The fields of config.json that give a Llama its shape. */
export interface LlamaShape {
  readonly vocab_size: number
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
  readonly head_dim: number
  readonly tie_word_embeddings: boolean
}

/** config.json of the story model. */
export const storyModelConfig = (): LlamaShape & Readonly<Record<string, unknown>> => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: vocabulary().length,
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  max_position_embeddings: CONTEXT,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: specialId('<s>'),
  eos_token_id: specialId('</s>'),
  pad_token_id: specialId('<pad>'),
  initializer_range: 0.02,
  torch_dtype: 'float32',
})

/**
 * Parameters of a Llama without biases: embeddings (and head, if untied), the last norm, and for each layer
 * q, k, v, o, the gated MLP's three matrices and two norms.
 */
export const parameterCount = (config: LlamaShape): number => {
  const { hidden_size: d, head_dim, num_attention_heads, num_key_value_heads, intermediate_size } = config
  const attention = 2 * d * head_dim * num_attention_heads + 2 * d * head_dim * num_key_value_heads
  const layer = attention + 3 * d * intermediate_size + 2 * d
  const tables = config.vocab_size * d * (config.tie_word_embeddings ? 1 : 2)
  return tables + config.num_hidden_layers * layer + d
}

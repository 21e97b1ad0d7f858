import fc from 'fast-check'
import { isLeft } from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { type Config, SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { parseConfig } from './architectures.ts'
import { tensorsOf } from './modules.ts'

// The published config.json files, whole; parameters as counted by the hub.
const GPT2 = { model_type: 'gpt2', vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024 }
const SMOLLM2 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: 'silu',
  hidden_size: 576,
  initializer_range: 0.041666666666666664,
  intermediate_size: 1536,
  is_llama_config: true,
  max_position_embeddings: 8192,
  model_type: 'llama',
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.40.1',
  use_cache: true,
  vocab_size: 49152,
}
const LLAMA_3_2_1B = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 128000,
  eos_token_id: 128001,
  head_dim: 64,
  hidden_act: 'silu',
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 8192,
  max_position_embeddings: 131072,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  rope_theta: 500000.0,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.45.0.dev0',
  use_cache: true,
  vocab_size: 128256,
}
const MISTRAL_7B_V0_1 = {
  architectures: ['MistralForCausalLM'],
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 4096,
  initializer_range: 0.02,
  intermediate_size: 14336,
  max_position_embeddings: 32768,
  model_type: 'mistral',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 10000.0,
  sliding_window: 4096,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  transformers_version: '4.34.0.dev0',
  use_cache: true,
  vocab_size: 32000,
}
const MISTRAL_7B_V0_3 = {
  ...MISTRAL_7B_V0_1,
  attention_dropout: 0.0,
  rope_theta: 1000000.0,
  sliding_window: null,
  transformers_version: '4.42.0.dev0',
  vocab_size: 32768,
}
const QWEN_2_5_0_5B = {
  architectures: ['Qwen2ForCausalLM'],
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151643,
  hidden_act: 'silu',
  hidden_size: 896,
  initializer_range: 0.02,
  intermediate_size: 4864,
  max_position_embeddings: 32768,
  max_window_layers: 24,
  model_type: 'qwen2',
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.40.1',
  use_cache: true,
  use_mrope: false,
  use_sliding_window: false,
  vocab_size: 151936,
}
const QWEN3_0_6B = {
  architectures: ['Qwen3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151645,
  head_dim: 128,
  hidden_act: 'silu',
  hidden_size: 1024,
  initializer_range: 0.02,
  intermediate_size: 3072,
  max_position_embeddings: 40960,
  max_window_layers: 28,
  model_type: 'qwen3',
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.51.0',
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151936,
}
const GEMMA_2_2B = {
  architectures: ['Gemma2ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  attn_logit_softcapping: 50.0,
  bos_token_id: 2,
  cache_implementation: 'hybrid',
  eos_token_id: 1,
  final_logit_softcapping: 30.0,
  head_dim: 256,
  hidden_act: 'gelu_pytorch_tanh',
  hidden_activation: 'gelu_pytorch_tanh',
  hidden_size: 2304,
  initializer_range: 0.02,
  intermediate_size: 9216,
  max_position_embeddings: 8192,
  model_type: 'gemma2',
  num_attention_heads: 8,
  num_hidden_layers: 26,
  num_key_value_heads: 4,
  pad_token_id: 0,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 10000.0,
  sliding_window: 4096,
  torch_dtype: 'float32',
  transformers_version: '4.42.4',
  use_cache: true,
  vocab_size: 256000,
}
const GEMMA_3_270M = {
  architectures: ['Gemma3ForCausalLM'],
  _sliding_window_pattern: 6,
  attention_bias: false,
  attention_dropout: 0.0,
  attn_logit_softcapping: null,
  bos_token_id: 2,
  eos_token_id: 1,
  final_logit_softcapping: null,
  head_dim: 256,
  hidden_activation: 'gelu_pytorch_tanh',
  hidden_size: 640,
  initializer_range: 0.02,
  intermediate_size: 2048,
  layer_types: Array.from({ length: 18 }, (_, i) => (i % 6 === 5 ? 'full_attention' : 'sliding_attention')),
  max_position_embeddings: 32768,
  model_type: 'gemma3_text',
  num_attention_heads: 4,
  num_hidden_layers: 18,
  num_key_value_heads: 1,
  pad_token_id: 0,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_local_base_freq: 10000.0,
  rope_scaling: null,
  rope_theta: 1000000.0,
  sliding_window: 512,
  torch_dtype: 'bfloat16',
  transformers_version: '4.55.0.dev0',
  use_bidirectional_attention: false,
  use_cache: true,
  vocab_size: 262144,
}
const PHI_3_MINI_4K = {
  _name_or_path: 'Phi-3-mini-4k-instruct',
  architectures: ['Phi3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  auto_map: {
    AutoConfig: 'configuration_phi3.Phi3Config',
    AutoModelForCausalLM: 'modeling_phi3.Phi3ForCausalLM',
  },
  bos_token_id: 1,
  embd_pdrop: 0.0,
  eos_token_id: 32000,
  hidden_act: 'silu',
  hidden_size: 3072,
  initializer_range: 0.02,
  intermediate_size: 8192,
  max_position_embeddings: 4096,
  model_type: 'phi3',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  original_max_position_embeddings: 4096,
  pad_token_id: 32000,
  resid_pdrop: 0.0,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 10000.0,
  sliding_window: 2047,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  transformers_version: '4.40.2',
  use_cache: true,
  vocab_size: 32064,
}

const PUBLISHED: readonly (readonly [name: string, config: Config, parameters: number])[] = [
  ['GPT-2', GPT2, 124_439_808],
  ['SmolLM2 135M', SMOLLM2, 134_515_008],
  ['Llama 3.2 1B', LLAMA_3_2_1B, 1_235_814_400],
  ['Mistral 7B v0.1', MISTRAL_7B_V0_1, 7_241_732_096],
  ['Mistral 7B v0.3', MISTRAL_7B_V0_3, 7_248_023_552],
  ['Qwen 2.5 0.5B', QWEN_2_5_0_5B, 494_032_768],
  ['Qwen 3 0.6B', QWEN3_0_6B, 596_049_920],
  ['Gemma 2 2B', GEMMA_2_2B, 2_614_341_888],
  ['Gemma 3 270M', GEMMA_3_270M, 268_098_176],
  ['Phi 3 mini 4k', PHI_3_MINI_4K, 3_821_079_552],
]

const GEMMA_3_ROPES = {
  rope_parameters: {
    full_attention: { rope_type: 'default', rope_theta: 1e6 },
    sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
  },
}

/** Rotations said twice, not alike. */
const BOTH_ROPES = {
  rope_scaling: { rope_type: 'default' },
  rope_parameters: { rope_type: 'linear', factor: 4, rope_theta: 100 },
}

const parametersOf = (json: Record<string, unknown>): number =>
  [...tensorsOf(rightOf(parseConfig(json))).values()].reduce((n, shape) => n + shape.reduce((a, b) => a * b, 1), 0)

const CHUNKED_ROPES = { rope_parameters: { ...GEMMA_3_ROPES.rope_parameters, chunked_attention: { rope_theta: 5 } } }

describe('a configuration', () => {
  it.each(PUBLISHED)('of %s gives the published number of parameters', (_, config, parameters) => {
    expect(parametersOf(config)).toBe(parameters)
  })

  it.each(PUBLISHED)('of %s with any field replaced by anything is read or refused by a name', (_, config) => {
    const anything = fc.oneof(
      fc.constantFrom<unknown>(undefined, null, -1, 0, 1, 1e-9, 1e9, 2 ** 53, -0.5, NaN, '', 'toString', true, [], {}),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(config)), anything, (field, value) => {
        const parsed = parseConfig({ ...config, [field]: value })
        if (isLeft(parsed)) expect(parsed.left.detail['field']).toEqual(expect.any(String))
        // What is read has tensors of shapes that a file can be compared with.
        else for (const shape of tensorsOf(parsed.right).values()) expect(shape.every(Number.isSafeInteger)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('names tensors as Hugging Face does, in its orientation', () => {
    const gpt2 = tensorsOf(rightOf(parseConfig(GPT2)))
    expect(gpt2.get('transformer.h.11.attn.c_attn.weight')).toEqual([768, 2304])
    expect(gpt2.get('transformer.h.0.mlp.c_fc.bias')).toEqual([3072])
    expect(gpt2.get('transformer.wpe.weight')).toEqual([1024, 768])
    const llama = tensorsOf(rightOf(parseConfig(SMOLLM2)))
    expect(llama.get('model.layers.0.self_attn.k_proj.weight')).toEqual([192, 576])
    expect(llama.get('model.layers.29.mlp.down_proj.weight')).toEqual([576, 1536])
    expect(llama.has('lm_head.weight')).toBe(false)
  })

  it('takes head_dim from the file when it is there', () => {
    expect(rightOf(parseConfig({ ...SMOLLM2, head_dim: 128 })).headDim).toBe(128)
    expect(rightOf(parseConfig(SMOLLM2)).headDim).toBe(64)
  })

  it('reads θ where transformers 5 keeps it', () => {
    const { rope_theta: _, ...rest } = SMOLLM2
    expect(
      rightOf(parseConfig({ ...rest, rope_parameters: { rope_type: 'default', rope_theta: 5e5 } })).position,
    ).toEqual({ kind: 'rope', theta: 5e5 })
  })

  it('has the biases it asks for', () => {
    const biased = tensorsOf(rightOf(parseConfig({ ...SMALL_LLAMA, attention_bias: true })))
    expect(biased.get('model.layers.0.self_attn.k_proj.bias')).toEqual([8])
    expect(biased.has('model.layers.0.mlp.up_proj.bias')).toBe(false)
  })

  it.each([
    ['model_type', { model_type: 'mamba' }, 'ArchitectureUnknown'],
    ['model_type', { model_type: 'toString' }, 'ArchitectureUnknown'],
    ['vocab_size', { vocab_size: undefined }, 'ConfigInvalid'],
    ['hidden_size', { hidden_size: '12' }, 'ConfigInvalid'],
    ['num_hidden_layers', { num_hidden_layers: -1 }, 'ConfigInvalid'],
    ['num_hidden_layers', { num_hidden_layers: 1e9 }, 'ConfigInvalid'],
    ['intermediate_size', { intermediate_size: 1.5 }, 'ConfigInvalid'],
    ['rms_norm_eps', { rms_norm_eps: 0 }, 'ConfigInvalid'],
    ['num_key_value_heads', { num_key_value_heads: 4 }, 'ConfigInvalid'],
    ['head_dim', { head_dim: 3 }, 'ConfigInvalid'],
    ['hidden_act', { hidden_act: 'relu6' }, 'ConfigInvalid'],
    ['rope_scaling', { rope_scaling: 'linear' }, 'ConfigInvalid'],
    ['rope_scaling.rope_type', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'ConfigInvalid'],
    ['rope_scaling.type', { rope_scaling: { type: 'dynamic', factor: 4 } }, 'ConfigInvalid'],
    ['rope_scaling.factor', { rope_scaling: { type: 'linear', factor: -2 } }, 'ConfigInvalid'],
    ['rope_scaling.low_freq_factor', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'ConfigInvalid'],
    ['rope_scaling.factor', { rope_scaling: { factor: 4 } }, 'ConfigInvalid'],
    ['rope_scaling.factor', { rope_scaling: { rope_type: 'default', factor: 4 } }, 'ConfigInvalid'],
    ['rope_scaling.factor', { rope_scaling: { rope_type: 'default', factor: '1' } }, 'ConfigInvalid'],
    ['rope_scaling.finetuned', { rope_scaling: { rope_type: 'default', finetuned: true } }, 'ConfigInvalid'],
    ['rope_scaling.beta_fast', { rope_scaling: { type: 'linear', factor: 4, beta_fast: 32 } }, 'ConfigInvalid'],
    ['rope_scaling.type', { rope_scaling: { rope_type: 'default', type: 'yarn', factor: 4 } }, 'ConfigInvalid'],
    ['rope_scaling.type', { rope_scaling: { rope_type: 'default', type: 'mrope' } }, 'ConfigInvalid'],
    ['rope_parameters.full_attention', { rope_parameters: { full_attention: { rope_theta: 5 } } }, 'ConfigInvalid'],
    ['is_causal', { is_causal: false }, 'ConfigInvalid'],
    ['eos_token_id', { eos_token_id: -3 }, 'ConfigInvalid'],
    ['eos_token_id', { eos_token_id: [2, -1] }, 'ConfigInvalid'],
    ['bos_token_id', { bos_token_id: 2.5 }, 'ConfigInvalid'],
    ['pad_token_id', { pad_token_id: 11 }, 'ConfigInvalid'],
    ['partial_rotary_factor', { partial_rotary_factor: 0.75 }, 'ConfigInvalid'],
    ['rope_parameters.partial_rotary_factor', { rope_parameters: { partial_rotary_factor: 0.5 } }, 'ConfigInvalid'],
    ['tie_word_embeddings', { tie_word_embeddings: 'yes' }, 'ConfigInvalid'],
    ['rope_parameters', BOTH_ROPES, 'ConfigInvalid'],
    ['embedding_multiplier', { embedding_multiplier: 12 }, 'ConfigInvalid'],
    ['residual_multiplier', { residual_multiplier: 0.22 }, 'ConfigInvalid'],
    ['logits_scaling', { logits_scaling: 8 }, 'ConfigInvalid'],
    ['use_qk_norm', { use_qk_norm: true }, 'ConfigInvalid'],
    ['no_rope_layers', { no_rope_layers: [1, 0] }, 'ConfigInvalid'],
    ['quantization_config', { quantization_config: { bits: 4 } }, 'ConfigInvalid'],
  ])('with a wrong %s is refused by that name', (field, change, tag) => {
    const fault = leftOf(parseConfig({ ...SMALL_LLAMA, ...change }))
    expect(fault).toMatchObject({ _tag: tag, detail: { field } })
    expect(fault.message).toContain(field)
  })

  it.each(PUBLISHED)('of %s that sees later tokens is refused by the field that says so', (_, config) => {
    for (const [field, value] of [
      ['is_causal', false],
      ['use_bidirectional_attention', true],
      ['use_bidirectional_attention', 'all'],
    ] as const) {
      const fault = leftOf(parseConfig({ ...config, [field]: value }))
      expect(fault).toMatchObject({ _tag: 'ConfigInvalid', detail: { field, value } })
      expect(isLeft(parseConfig({ ...config, [field]: !value }))).toBe(false)
    }
  })

  it.each([
    ['GPT-2', 'n_head', GPT2, { n_head: 7 }],
    ['GPT-2', 'activation_function', GPT2, { activation_function: 'mish' }],
    ['GPT-2', 'scale_attn_by_inverse_layer_idx', GPT2, { scale_attn_by_inverse_layer_idx: true }],
    ['GPT-2', 'add_cross_attention', GPT2, { add_cross_attention: true }],
    ['Mistral', 'sliding_window', MISTRAL_7B_V0_1, { sliding_window: 0 }],
    ['Qwen 2', 'use_sliding_window', QWEN_2_5_0_5B, { use_sliding_window: 1 }],
    ['Qwen 2', 'use_sliding_window', QWEN_2_5_0_5B, { layer_types: Array(24).fill('sliding_attention') }],
    ['Qwen 3', 'layer_types', QWEN3_0_6B, { layer_types: ['full_attention'] }],
    ['Qwen 3', 'layer_types', QWEN3_0_6B, { layer_types: Array(28).fill('linear_attention') }],
    ['Gemma 2', 'sliding_window', GEMMA_2_2B, { sliding_window: null }],
    ['Gemma 2', 'query_pre_attn_scalar', GEMMA_2_2B, { query_pre_attn_scalar: 0 }],
    ['Gemma 3', 'rope_parameters', GEMMA_3_270M, { rope_scaling: { type: 'linear', factor: 8 }, ...GEMMA_3_ROPES }],
    ['Gemma 3', 'rope_parameters.chunked_attention', GEMMA_3_270M, CHUNKED_ROPES],
    ['Gemma 3', 'attn_logit_softcapping', GEMMA_3_270M, { attn_logit_softcapping: 50 }],
    ['Gemma 3', 'hidden_activation', GEMMA_3_270M, { hidden_activation: 'gelu' }],
    ['Phi 3', 'rope_scaling.type', PHI_3_MINI_4K, { rope_scaling: { type: 'longrope', short_factor: [] } }],
  ])('of %s with an unsupported %s is refused by that name', (_, field, config, change) => {
    expect(leftOf(parseConfig({ ...config, ...change }))).toMatchObject({ _tag: 'ConfigInvalid', detail: { field } })
  })

  it('slides where the files of each family say', () => {
    const slides = (json: Config): unknown => rightOf(parseConfig(json)).sliding
    const first = (count: number, layers: number): boolean[] => Array.from({ length: layers }, (_, i) => i >= count)
    expect(slides(MISTRAL_7B_V0_1)).toEqual({ window: 4096, layers: first(0, 32) })
    expect(slides(MISTRAL_7B_V0_3)).toBeUndefined()
    expect(slides(QWEN_2_5_0_5B)).toBeUndefined()
    const qwen = { ...QWEN_2_5_0_5B, use_sliding_window: true, max_window_layers: 20 }
    expect(slides(qwen)).toEqual({ window: 32768, layers: first(20, 24) })
    expect(slides(GEMMA_2_2B)).toEqual({ window: 4096, layers: Array.from({ length: 26 }, (_, i) => i % 2 === 0) })
    const { layer_types: _, ...older } = GEMMA_3_270M
    expect(slides(older)).toEqual(slides(GEMMA_3_270M))
  })

  it('takes what transformers takes where a file does not say, which null does', () => {
    const without = (json: Config, ...fields: readonly string[]): Config =>
      Object.fromEntries(Object.entries(json).filter(([field]) => !fields.includes(field)))
    const caps = ['attn_logit_softcapping', 'final_logit_softcapping']
    const silent = without(GEMMA_2_2B, ...caps)
    expect(rightOf(parseConfig(silent))).toMatchObject({ scoreCap: 50, logitCap: 30 })
    const none = rightOf(parseConfig({ ...silent, ...Object.fromEntries(caps.map((cap) => [cap, null])) }))
    expect([none.scoreCap, none.logitCap]).toEqual([undefined, undefined])

    expect(rightOf(parseConfig(without(MISTRAL_7B_V0_3, 'sliding_window'))).sliding?.window).toBe(4096)
    for (const base of [QWEN_2_5_0_5B, QWEN3_0_6B]) {
      const qwen = { ...without(base, 'sliding_window'), use_sliding_window: true, max_window_layers: 20 }
      expect(rightOf(parseConfig(qwen)).sliding?.window).toBe(4096)
      expect(rightOf(parseConfig({ ...qwen, sliding_window: null })).sliding).toBeUndefined()
      expect(rightOf(parseConfig(without(base, 'sliding_window'))).sliding).toBeUndefined()
    }
  })

  it('may name the type of its rotations twice, and leave settings null', () => {
    const scaling = { rope_type: 'linear', type: 'linear', factor: 4, attention_factor: null }
    expect(rightOf(parseConfig({ ...SMALL_LLAMA, rope_scaling: scaling })).position).toMatchObject({
      scaling: { kind: 'linear', factor: 4 },
    })
  })

  it.each([
    [{ rope_type: 'default' }, { factor: 1.0 }],
    [{ type: 'linear', factor: 4 }, { original_max_position_embeddings: 2048 }],
    [{ rope_type: 'linear', factor: 4 }, { finetuned: true }],
  ])('may have settings beside %j that change nothing: %j', (scaling, beside) => {
    expect(parseConfig({ ...SMALL_LLAMA, rope_scaling: { ...scaling, ...beside } })).toEqual(
      parseConfig({ ...SMALL_LLAMA, rope_scaling: scaling }),
    )
  })

  it('may say its rotations twice if they are the same', () => {
    const scaling = { rope_type: 'linear', factor: 4 }
    const twice = { ...SMALL_LLAMA, rope_scaling: scaling, rope_parameters: { ...scaling, rope_theta: 100 } }
    expect(rightOf(parseConfig(twice)).position).toEqual({
      kind: 'rope',
      theta: 100,
      scaling: { kind: 'linear', factor: 4 },
    })
  })

  it('may have GPT-2’s special tokens with fewer rows, as GPT2Config leaves them', () => {
    const small = { ...GPT2, vocab_size: 1000 }
    const ids = { bos_token_id: 50256, eos_token_id: [50256], unk_token_id: 1000 }
    expect(parseConfig({ ...small, ...ids })).toEqual(parseConfig(small))
  })

  it('of Llama may have fields of its descendants that change nothing', () => {
    const neutral = { embedding_multiplier: 1, residual_multiplier: 1.0, logits_scaling: 1, use_qk_norm: false }
    expect(parseConfig({ ...SMALL_LLAMA, ...neutral, no_rope_layers: [1, 1] })).toEqual(parseConfig(SMALL_LLAMA))
  })

  it('of Gemma 3 rotates sliding layers by their own base, as older files and newer ones say it', () => {
    const { rope_theta: _, rope_local_base_freq: __, rope_scaling: ___, ...rest } = GEMMA_3_270M
    const newer = {
      ...rest,
      rope_parameters: {
        full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1e6 },
        sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
      },
    }
    const older = { ...GEMMA_3_270M, rope_scaling: { rope_type: 'linear', factor: 8 } }
    for (const config of [older, newer].map((json) => rightOf(parseConfig(json)))) {
      expect(config.position).toEqual({ kind: 'rope', theta: 1e6, scaling: { kind: 'linear', factor: 8 } })
      expect(config.sliding?.position).toEqual({ kind: 'rope', theta: 1e4 })
    }
  })
})

import { describe, expect, it } from 'vitest'
import { SMALL_GPT2, SMALL_LLAMA, leftOf, rightOf } from '../testing/small-models.ts'
import { parseConfig } from './architectures.ts'
import { tensorsOf } from './modules.ts'

// facts of the published configs of GPT-2 124M and SmolLM2-135M (parameter counts as on their model cards).
const GPT2 = { model_type: 'gpt2', vocab_size: 50257, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024 }
const SMOLLM2 = {
  model_type: 'llama',
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  rope_theta: 100000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  hidden_act: 'silu',
  rope_scaling: null,
  pretraining_tp: 1,
}

const parametersOf = (json: Record<string, unknown>): number =>
  [...tensorsOf(rightOf(parseConfig(json))).values()].reduce((n, shape) => n + shape.reduce((a, b) => a * b, 1), 0)

describe('a configuration', () => {
  it('gives the published number of parameters', () => {
    expect(parametersOf(GPT2)).toBe(124_439_808)
    expect(parametersOf(SMOLLM2)).toBe(134_515_008)
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
    ['intermediate_size', { intermediate_size: 1.5 }, 'ConfigInvalid'],
    ['rms_norm_eps', { rms_norm_eps: 0 }, 'ConfigInvalid'],
    ['num_key_value_heads', { num_key_value_heads: 4 }, 'ConfigInvalid'],
    ['head_dim', { head_dim: 3 }, 'ConfigInvalid'],
    ['hidden_act', { hidden_act: 'relu6' }, 'ConfigInvalid'],
    ['rope_scaling', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'ConfigInvalid'],
    ['rope_scaling', { rope_scaling: { type: 'linear', factor: 2 } }, 'ConfigInvalid'],
    ['tie_word_embeddings', { tie_word_embeddings: 'yes' }, 'ConfigInvalid'],
    ['quantization_config', { quantization_config: { bits: 4 } }, 'ConfigInvalid'],
  ])('with a wrong %s is refused by that name', (field, change, tag) => {
    const fault = leftOf(parseConfig({ ...SMALL_LLAMA, ...change }))
    expect(fault).toMatchObject({ _tag: tag, detail: { field } })
    expect(fault.message).toContain(field)
  })

  it.each([
    ['n_head', { n_head: 3 }],
    ['activation_function', { activation_function: 'mish' }],
    ['scale_attn_by_inverse_layer_idx', { scale_attn_by_inverse_layer_idx: true }],
    ['add_cross_attention', { add_cross_attention: true }],
  ])('of GPT-2 with an unsupported %s is refused by that name', (field, change) => {
    expect(leftOf(parseConfig({ ...SMALL_GPT2, ...change })).detail['field']).toBe(field)
  })
})

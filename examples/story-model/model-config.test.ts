import { expect, test } from 'vitest'
import { parameterCount, storyModelConfig } from './model-config.ts'

test('the story model has 827 008 parameters: 3.3 MB in fp32', () => {
  // 692·128 + 4·(2·128·128 + 2·128·64 + 3·128·352 + 2·128) + 128
  expect(parameterCount(storyModelConfig())).toBe(827_008)
})

test('parameters are counted as in a known checkpoint: stories260K', () => {
  // 5 layers, d 64, 8 heads of 8, 4 key-value heads, MLP 172, vocabulary 512, tied: karpathy/tinyllamas
  const shape = {
    vocab_size: 512,
    hidden_size: 64,
    intermediate_size: 172,
    num_hidden_layers: 5,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 8,
    tie_word_embeddings: true,
  }
  expect(parameterCount(shape)).toBe(260_032)
})

import * as tf from '@tensorflow/tfjs-core'
import { writeFile } from 'node:fs/promises'
import { hostZeros } from '@gfnlm/jit'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { eagerLogits } from '../testing/eager.ts'
import { SMALL_GEMMA_3_THAT_SEES, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { parseConfig } from './architectures.ts'
import { tensorsOf } from './modules.ts'

beforeAll(() => tf.setBackend('cpu'))

const ROWS = [[1, 2, 3, 4, 5, 6, 7]]

// config.json of google/gemma-3-4b-pt.
const GEMMA_3_4B = {
  architectures: ['Gemma3ForConditionalGeneration'],
  boi_token_index: 255999,
  eoi_token_index: 256000,
  eos_token_id: [1, 106],
  image_token_index: 262144,
  initializer_range: 0.02,
  mm_tokens_per_image: 256,
  model_type: 'gemma3',
  text_config: {
    hidden_size: 2560,
    intermediate_size: 10240,
    model_type: 'gemma3_text',
    num_hidden_layers: 34,
    rope_scaling: { factor: 8.0, rope_type: 'linear' },
    sliding_window: 1024,
  },
  torch_dtype: 'bfloat16',
  transformers_version: '4.50.0.dev0',
  vision_config: {
    hidden_size: 1152,
    image_size: 896,
    intermediate_size: 4304,
    model_type: 'siglip_vision_model',
    num_attention_heads: 16,
    num_hidden_layers: 27,
    patch_size: 14,
    vision_use_head: false,
  },
}

it('has the parameters of a Gemma 3 4B that are not its vision tower and projector', () => {
  const counts = [...tensorsOf(rightOf(parseConfig(GEMMA_3_4B))).values()].map((shape) =>
    shape.reduce((n, d) => n * d, 1),
  )
  expect(counts.reduce((n, m) => n + m, 0)).toBe(4_300_079_472 - 416_866_032 - 2_950_272)
})

it('names the field of text_config that is not computed', () => {
  const text_config = { ...GEMMA_3_4B.text_config, use_bidirectional_attention: true }
  expect(leftOf(parseConfig({ ...GEMMA_3_4B, text_config })).detail['field']).toBe('use_bidirectional_attention')
  expect(leftOf(parseConfig({ ...GEMMA_3_4B, is_causal: false })).detail['field']).toBe('is_causal')
  expect(leftOf(parseConfig({ ...GEMMA_3_4B, text_config: 3 })).detail['field']).toBe('text_config')
})

it('is read out of the whole model, whose other tensors are left alone', async () => {
  const policy = rightOf(randomPolicy(SMALL_GEMMA_3_THAT_SEES, { seed: 2 }))
  const directory = await freshDirectory()
  const published = Object.entries(policy.constants).map(
    ([name, tensor]) => [name.replace('model.language_model.', 'language_model.model.'), tensor] as const,
  )
  const whole = { ...Object.fromEntries(published), 'vision_tower.post_layernorm.weight': hostZeros([8]) }
  rightOf(await writeSafetensors(join(directory, 'model.safetensors'), whole)())
  await writeFile(join(directory, 'config.json'), JSON.stringify(SMALL_GEMMA_3_THAT_SEES))
  expect(eagerLogits(await fromPretrained(directory), ROWS)).toEqual(eagerLogits(policy, ROWS))
})

it('is saved as the language model that it is', async () => {
  const policy = rightOf(randomPolicy(SMALL_GEMMA_3_THAT_SEES, { seed: 2 }))
  const directory = await freshDirectory()
  rightOf(await savePretrained(policy, null, directory)())
  const alone = await fromPretrained(directory)
  expect(alone.configJson).toMatchObject({ model_type: 'gemma3_text', architectures: ['Gemma3ForCausalLM'] })
  expect(alone.configJson).not.toHaveProperty('vision_config')
  expect(eagerLogits(alone, ROWS)).toEqual(eagerLogits(policy, ROWS))
})

import { type HostTensors, hostTensor } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { lora } from './adapter/lora.ts'
import { type LoadOptions, fromPretrained, loadPolicy } from './from-pretrained.ts'
import { writeGguf } from './gguf/write-gguf.ts'
import { randomPolicy } from './random-policy.ts'
import { readSafetensors } from './safetensors/read-safetensors.ts'
import { writeSafetensors } from './safetensors/write-safetensors.ts'
import { scoreHead } from './heads/score-head.ts'
import { saveAdapter, savePretrained } from './save-pretrained.ts'
import { apart, eagerLogits } from './testing/eager.ts'
import { readGguf } from './testing/read-gguf.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, freshDirectory, leftOf, rightOf } from './testing/small-models.ts'
import { SMALL_TOKENIZER } from './testing/small-tokenizer.ts'

beforeAll(() => tf.setBackend('cpu'))

const ROWS = [[1, 2, 3, 4, 5]]
const ADAPTED = lora({ r: 2, alpha: 4 })

/** An added token past the last id of the small models. */
const IMAGE = {
  id: 11,
  content: '<image>',
  special: true,
  normalized: false,
  single_word: false,
  lstrip: false,
  rstrip: false,
}

/** A saved random model and what it was saved from. */
const saved = async (config: Record<string, unknown> = SMALL_LLAMA, dtype: 'F32' | 'F16' | 'BF16' = 'F32') => {
  const policy = rightOf(randomPolicy(config, { seed: 5 }))
  const directory = await freshDirectory()
  rightOf(await savePretrained(policy, null, directory, { dtype })())
  return { policy, directory, weights: join(directory, 'model.safetensors') }
}
const faultOf = async (directory: string, options: LoadOptions = {}) => leftOf(await loadPolicy(directory, options)())

describe.each([['llama', SMALL_LLAMA], ['gpt2', SMALL_GPT2], ...Object.entries(SMALL_FAMILIES)])(
  'a saved %s',
  (_, config) => {
    it('comes back exactly', async () => {
      const { policy, directory } = await saved(config)
      const loaded = await fromPretrained(directory)
      expect(loaded.constants).toEqual(policy.constants)
      expect(loaded.trainable).toEqual({})
      expect(eagerLogits(loaded, ROWS)).toEqual(eagerLogits(policy, ROWS))
    })

    it.each([
      ['F16', 2e-2],
      ['BF16', 0.2],
    ] as const)('in %s comes back rounded', async (dtype, bound) => {
      const { policy, directory } = await saved(config, dtype)
      const loaded = await fromPretrained(directory)
      const gap = apart(eagerLogits(loaded, ROWS), eagerLogits(policy, ROWS))
      expect(gap).toBeGreaterThan(0)
      expect(gap).toBeLessThan(bound)
      expect(loaded.configJson['torch_dtype']).toBe(dtype === 'F16' ? 'float16' : 'bfloat16')
    })

    it('may lie in shards', async () => {
      const { policy, directory, weights } = await saved(config)
      const tensors = Object.entries(rightOf(await readSafetensors(weights)()))
      const shards = [tensors.filter((_, i) => i % 2 === 0), tensors.filter((_, i) => i % 2 === 1)]
      const map: Record<string, string> = {}
      for (const [i, shard] of shards.entries()) {
        const file = `model-0000${i + 1}-of-00002.safetensors`
        rightOf(await writeSafetensors(join(directory, file), Object.fromEntries(shard))())
        for (const [name] of shard) map[name] = file
      }
      await rm(weights)
      await writeFile(
        join(directory, 'model.safetensors.index.json'),
        JSON.stringify({ metadata: {}, weight_map: map }),
      )
      expect((await fromPretrained(directory)).constants).toEqual(policy.constants)
      await rm(join(directory, 'model-00002-of-00002.safetensors'))
      expect(await faultOf(directory)).toMatchObject({ _tag: 'WeightsMissing' })
    })

    it('saved with its adapter merged computes what the adapted model does', async () => {
      const { directory } = await saved(config)
      const policy = await fromPretrained(directory, { adapter: ADAPTED })
      const trainable: HostTensors = Object.fromEntries(
        Object.entries(policy.trainable).map(([name, { data, shape }]) => [
          name,
          hostTensor(
            Float32Array.from(data, (value, i) => value + 0.1 * Math.cos(i)),
            shape,
          ),
        ]),
      )
      const merged = await freshDirectory()
      rightOf(await savePretrained(policy, trainable, merged)())
      const adapted = eagerLogits(policy, ROWS, { trainable })
      expect(apart(eagerLogits(await fromPretrained(merged), ROWS), adapted)).toBeLessThan(2e-5)

      const adapter = await freshDirectory()
      rightOf(await saveAdapter(policy, trainable, adapter)())
      expect(eagerLogits(await fromPretrained(directory, { adapter }), ROWS)).toEqual(adapted)
      const frozen = await fromPretrained(directory, { adapter, train: 'none' })
      expect(eagerLogits(frozen, ROWS, { trainable: null })).toEqual(adapted)
    })
  },
)

describe('what a file may have and be loaded all the same', () => {
  it('GPT-2 names without their prefix, and mask buffers', async () => {
    const { policy, directory, weights } = await saved(SMALL_GPT2)
    const bare = Object.fromEntries(
      Object.entries(policy.constants).map(([name, tensor]) => [name.replace('transformer.', ''), tensor]),
    )
    rightOf(
      await writeSafetensors(weights, { ...bare, 'h.0.attn.bias': hostTensor(new Uint8Array(4), [1, 1, 2, 2]) })(),
    )
    expect((await fromPretrained(directory)).constants).toEqual(policy.constants)
  })

  it('a head that is tied anyway', async () => {
    const { policy, directory, weights } = await saved({ ...SMALL_LLAMA, tie_word_embeddings: true })
    rightOf(
      await writeSafetensors(weights, {
        ...policy.constants,
        'lm_head.weight': policy.constants['model.embed_tokens.weight']!,
      })(),
    )
    expect((await fromPretrained(directory)).constants).toEqual(policy.constants)
  })
})

describe('what trains', () => {
  it('all: every weight, the frozen ones staying as the reference', async () => {
    const policy = await fromPretrained((await saved()).directory, { train: 'all' })
    expect(policy.trainable).toEqual(policy.constants)
    const doubled = Object.fromEntries(
      Object.entries(policy.trainable).map(([name, { data, shape }]) => [
        name,
        hostTensor(
          Float32Array.from(data, (value) => 2 * value),
          shape,
        ),
      ]),
    )
    expect(apart(eagerLogits(policy, ROWS, { trainable: doubled }), eagerLogits(policy, ROWS))).toBeGreaterThan(0.1)
    expect(eagerLogits(policy, ROWS, { trainable: null })).toEqual(eagerLogits(policy, ROWS))
  })

  it('must make sense with the adapter', async () => {
    const { directory } = await saved()
    expect((await faultOf(directory, { train: 'adapter' }))._tag).toBe('AdapterInvalid')
    expect((await faultOf(directory, { train: 'all', adapter: ADAPTED }))._tag).toBe('AdapterInvalid')
    expect((await faultOf(directory, { adapter: join(directory, 'none') }))._tag).toBe('ModelNotFound')
  })
})

describe('a directory that is not right', () => {
  it('is named when it or its config.json is not there', async () => {
    expect(await faultOf('./no/such/place')).toMatchObject({ _tag: 'ModelNotFound' })
    expect(await faultOf(await freshDirectory())).toMatchObject({ _tag: 'ModelNotFound' })
  })

  it('is refused without weights, with truncated ones and without one tensor', async () => {
    const { directory, weights, policy } = await saved()
    const whole = await readFile(weights)
    await writeFile(weights, whole.subarray(0, whole.length - 100))
    expect(await faultOf(directory)).toMatchObject({ _tag: 'WeightsCorrupt', detail: { path: weights } })
    const { 'model.norm.weight': _, ...rest } = policy.constants
    rightOf(await writeSafetensors(weights, rest)())
    expect(await faultOf(directory)).toMatchObject({
      _tag: 'WeightsMissing',
      detail: { tensor: 'model.norm.weight' },
    })
    await rm(weights)
    await writeFile(join(directory, 'pytorch_model.bin'), '')
    const fault = await faultOf(directory)
    expect(fault._tag).toBe('WeightsMissing')
    expect(fault.fix).toContain('pytorch_model.bin')
  })

  it('is refused for a tensor of wrong shape or dtype, by its name', async () => {
    const { directory, weights, policy } = await saved()
    const tensor = 'model.layers.1.mlp.up_proj.weight'
    rightOf(
      await writeSafetensors(weights, {
        ...policy.constants,
        [tensor]: hostTensor(new Float32Array(120), [12, 10]),
      })(),
    )
    expect(await faultOf(directory)).toMatchObject({
      _tag: 'WeightsShape',
      detail: { tensor, expected: [10, 12], found: [12, 10] },
    })
    rightOf(
      await writeSafetensors(weights, { ...policy.constants, [tensor]: hostTensor(new Int32Array(120), [10, 12]) })(),
    )
    expect(await faultOf(directory)).toMatchObject({ _tag: 'WeightsDtype', detail: { tensor } })
  })

  it('is refused for an unknown architecture or a config.json that is no JSON', async () => {
    const { directory } = await saved()
    await writeFile(join(directory, 'config.json'), JSON.stringify({ ...SMALL_LLAMA, model_type: 'rwkv' }))
    expect((await faultOf(directory)).message).toContain('families: gpt2, llama')
    await writeFile(join(directory, 'config.json'), '{"model_type": "lla')
    expect(await faultOf(directory)).toMatchObject({ _tag: 'ConfigInvalid' })
  })

  it('is refused for a corrupt tokenizer, or one with more tokens than the model', async () => {
    const { directory } = await saved()
    const path = join(directory, 'tokenizer.json')
    for (const text of [
      '{"version": "1.0", "mod',
      '[]',
      '{}',
      JSON.stringify({ ...SMALL_TOKENIZER, model: { type: 'Nothing' } }),
    ]) {
      await writeFile(path, text)
      expect(await faultOf(directory)).toMatchObject({ _tag: 'TokenizerCorrupt', detail: { path } })
    }
    const vocab = { ...SMALL_TOKENIZER.model.vocab, extra: 11 }
    await writeFile(path, JSON.stringify({ ...SMALL_TOKENIZER, model: { ...SMALL_TOKENIZER.model, vocab } }))
    expect(await faultOf(directory)).toMatchObject({ _tag: 'TokenizerCorrupt', detail: { vocabSize: 12, vocab: 11 } })
  })

  it('is refused for a bos, eos or pad past its last id', async () => {
    const { directory } = await saved()
    const added = [...(SMALL_TOKENIZER['added_tokens'] as object[]), IMAGE]
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify({ ...SMALL_TOKENIZER, added_tokens: added }))
    for (const name of ['bos_token', 'eos_token', 'pad_token']) {
      await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify({ [name]: IMAGE.content }))
      const fault = await faultOf(directory)
      expect(fault).toMatchObject({ _tag: 'TokenizerCorrupt' })
      expect(fault.message).toContain(name)
    }
    await writeFile(join(directory, 'tokenizer_config.json'), '{}')
    await writeFile(join(directory, 'config.json'), JSON.stringify({ ...SMALL_LLAMA, pad_token_id: 11 }))
    expect(await faultOf(directory)).toMatchObject({ _tag: 'ConfigInvalid', detail: { field: 'pad_token_id' } })
  })

  it('makes fromPretrained reject with the fault', async () => {
    await expect(fromPretrained('./no/such/place')).rejects.toMatchObject({ _tag: 'ModelNotFound' })
  })
})

// As Gemma 3 1B and 270M have <image_soft_token> at 262144, which is their vocab_size.
it('a model leaves out added tokens past its last id', async () => {
  const { directory } = await saved()
  const added = [...(SMALL_TOKENIZER['added_tokens'] as object[]), IMAGE]
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify({ ...SMALL_TOKENIZER, added_tokens: added }))
  const { id, ...token } = IMAGE
  await writeFile(
    join(directory, 'tokenizer_config.json'),
    JSON.stringify({ added_tokens_decoder: { [id]: token }, image_token: token.content }),
  )
  const { tokenizer, ...policy } = await fromPretrained(directory)
  expect(tokenizer!.vocabSize).toBe(10)
  expect(tokenizer!.encode('a <image> b')).toEqual(Int32Array.of(1, 0, 2))
  expect([tokenizer!.idOf('<image>'), tokenizer!.tokenOf(id)]).toEqual([undefined, undefined])
  const path = join(directory, 'model.gguf')
  rightOf(await writeGguf({ ...policy, tokenizer: tokenizer! }, null, path, { input: 'ids' })())
  const { values } = readGguf(await readFile(path))
  expect(values['tokenizer.ggml.tokens']).toEqual(['<unk>', ...'abcdefghi', '[PAD10]'])
  expect(values['tokenizer.ggml.token_type']).toHaveLength(11)
})

it.each(['F16', 'BF16'] as const)('a weight that %s has no room for is a fault naming it', async (dtype) => {
  const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 5 }))
  const name = 'model.layers.1.mlp.up_proj.weight'
  const { shape, data } = policy.trainable[name]!
  const large = Float32Array.from(data, (value, i) => (i === 7 ? (dtype === 'F16' ? -65520 : 3.4e38) : value))
  const trained = { ...policy.trainable, [name]: hostTensor(large, shape) }
  const directory = await freshDirectory()
  const expected = { _tag: 'SaveFailed', detail: { dtype, value: large[7] } }
  const fault = leftOf(await savePretrained(policy, trained, directory, { dtype })())
  expect(fault).toMatchObject(expected)
  expect(fault.detail['tensor']).toBe(name)
  const gguf = leftOf(await writeGguf(policy, trained, join(directory, 'model.gguf'), { dtype })())
  expect(gguf).toMatchObject(expected)
  expect(gguf.detail['tensor']).toBe('blk.1.ffn_up.weight')
  expect(await readdir(directory)).toEqual([])
})

it('a model of drawn weights takes the tokenizer along that it is given', async () => {
  const { directory } = await saved()
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(SMALL_TOKENIZER))
  const drawn = rightOf(randomPolicy(SMALL_LLAMA, { seed: 5 }))
  const copy = await freshDirectory()
  rightOf(await savePretrained(drawn, drawn.trainable, copy, { tokenizerOf: directory })())
  expect((await fromPretrained(copy)).tokenizer?.vocabSize).toBeGreaterThan(0)
})

it('parameters that are none of the model are not left out in silence', async () => {
  const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 5 }))
  const directory = await freshDirectory()
  const head = leftOf(await savePretrained(policy, scoreHead(policy.config.hidden, 1), directory)())
  expect(head).toMatchObject({ _tag: 'AdapterInvalid', detail: { parameter: 'score.weight' } })
  expect(await readdir(directory)).toEqual([])
})

it('a saved model takes its tokenizer and its chat templates along', async () => {
  const { directory } = await saved()
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(SMALL_TOKENIZER))
  await mkdir(join(directory, 'additional_chat_templates'))
  await writeFile(join(directory, 'additional_chat_templates', 'rag.jinja'), 'rag')
  const copy = await freshDirectory()
  rightOf(await savePretrained(await fromPretrained(directory), null, copy)())
  const files = ['additional_chat_templates', 'config.json', 'model.safetensors', 'tokenizer.json']
  expect((await readdir(copy)).sort()).toEqual(files)
  expect(await readFile(join(copy, 'additional_chat_templates', 'rag.jinja'), 'utf8')).toBe('rag')
  expect((await fromPretrained(copy)).tokenizer!.encode('b a')).toEqual(Int32Array.of(2, 1))
})

it('the same seed gives the same weights, another seed others', () => {
  const [a, b, c] = [1, 1, 2].map((seed) => rightOf(randomPolicy(SMALL_GPT2, { seed })).constants)
  expect(a).toEqual(b)
  expect(a!['transformer.wte.weight']).not.toEqual(c!['transformer.wte.weight'])
})

import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomPolicy } from '../random-policy.ts'
import { fromPretrained } from '../from-pretrained.ts'
import type { PretrainedPolicy } from '../pretrained-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { apart } from '../testing/eager.ts'
import {
  type Config,
  SMALL_FAMILIES,
  SMALL_GPT2,
  SMALL_LLAMA,
  STORIES,
  freshDirectory,
  hasStories,
  leftOf,
  rightOf,
} from '../testing/small-models.ts'
import { SMALL_TOKENIZER } from '../testing/small-tokenizer.ts'
import { type ReadGguf, readGguf } from '../testing/read-gguf.ts'
import { parseConfig } from '../architectures/architectures.ts'
import { ggufPieces } from './container.ts'
import { familyOf } from './family.ts'
import { interleaved } from './tensors.ts'
import { type GgufOptions, writeGguf } from './write-gguf.ts'

const joined = (pieces: Iterable<Uint8Array>): Uint8Array => Uint8Array.from([...pieces].flatMap((piece) => [...piece]))

const written = async (
  policy: PretrainedPolicy,
  trainable: HostTensors | null,
  options: GgufOptions = {},
): Promise<ReadGguf> => {
  const path = join(await freshDirectory(), 'model.gguf')
  rightOf(await writeGguf(policy, trainable, path, options)())
  return readGguf(await readFile(path))
}

describe('the container', () => {
  const tensor = (name: string, shape: readonly number[], numbers: number[]) =>
    ({ name, shape, dtype: 'F32', data: () => Float32Array.from(numbers) }) as const

  it('begins with magic, version and counts, little-endian', () => {
    const bytes = joined(ggufPieces({ a: { type: 'bool', value: true } }, [tensor('t', [1], [1])]))
    expect(Array.from(bytes.subarray(0, 24))).toEqual([
      0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
    ])
    // key length, key, the number of the type bool, its value
    expect(Array.from(bytes.subarray(24, 38))).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0x61, 7, 0, 0, 0, 1])
  })

  it('gives back every kind of value', () => {
    const metadata = {
      count: { type: 'uint32', value: 7 },
      real: { type: 'float32', value: 0.5 },
      text: { type: 'string', value: 'é▁' },
      bytes: { type: 'uint8s', value: [1, 255] },
      whole: { type: 'int32s', value: [-1, 2] },
      reals: { type: 'float32s', value: [-0.25] },
      words: { type: 'strings', value: ['', 'ab'] },
      none: { type: 'strings', value: [] },
    } as const
    const { values } = readGguf(joined(ggufPieces(metadata, [])))
    expect(values).toEqual(Object.fromEntries(Object.entries(metadata).map(([key, { value }]) => [key, value])))
  })

  it('starts every tensor at a multiple of 32 bytes and ends at one', () => {
    const given = [
      tensor('a', [3], [1, 2, 3]),
      tensor('b', [2, 3], [1, 2, 3, 4, 5, 6]),
      tensor('c', [8], Array(8).fill(9)),
    ]
    const bytes = joined(ggufPieces({}, given))
    const { tensors, starts } = readGguf(bytes)
    expect(starts.map((start) => start % 32)).toEqual([0, 0, 0])
    expect(bytes.length % 32).toBe(0)
    expect(tensors.get('b')).toEqual({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] })
  })
})

// llama.cpp's LlamaModel.permute: reshape(heads, 2, headDim / 2), swap the last two, of two heads with headDim 4.
it('puts rows that rotate together beside each other', () => {
  const rows = Float32Array.from({ length: 8 }, (_, row) => row)
  expect([...interleaved(rows, 4, 1)]).toEqual([0, 2, 1, 3, 4, 6, 5, 7])
})

describe('a Llama model', () => {
  const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 1 }))

  it('has the hyper-parameters that llama.cpp asks for', async () => {
    const { values } = await written(policy, null)
    expect(values).toMatchObject({
      'general.architecture': 'llama',
      'general.file_type': 0,
      'llama.block_count': 2,
      'llama.attention.head_count': 6,
      'llama.attention.head_count_kv': 2,
      'llama.attention.key_length': 4,
      'llama.rope.dimension_count': 4,
      'llama.rope.freq_base': 100,
      'llama.vocab_size': 11,
    })
    expect(values['llama.attention.layer_norm_rms_epsilon']).toBeCloseTo(1e-5, 10)
  })

  it('has its tensors under llama.cpp names, queries and keys reordered', async () => {
    const { tensors } = await written(policy, null)
    expect([...tensors.keys()].sort()).toEqual([
      ...[0, 1].flatMap((l) =>
        ['attn_k', 'attn_norm', 'attn_output', 'attn_q', 'attn_v', 'ffn_down', 'ffn_gate', 'ffn_norm', 'ffn_up'].map(
          (n) => `blk.${l}.${n}.weight`,
        ),
      ),
      'output.weight',
      'output_norm.weight',
      'token_embd.weight',
    ])
    const of = (name: string): number[] => [...policy.constants[name]!.data]
    const row = (data: readonly number[], r: number): readonly number[] => data.slice(r * 12, (r + 1) * 12)
    const k = of('model.layers.1.self_attn.k_proj.weight')
    const theirs = tensors.get('blk.1.attn_k.weight')!
    expect(theirs.shape).toEqual([8, 12])
    expect([0, 1, 2, 3, 4, 5].map((r) => row(theirs.data, r))).toEqual([0, 2, 1, 3, 4, 6].map((r) => row(k, r)))
    expect(tensors.get('blk.1.attn_v.weight')!.data).toEqual(of('model.layers.1.self_attn.v_proj.weight'))
  })

  it('has what was trained in it', async () => {
    const name = 'model.norm.weight'
    const trained = { ...policy.trainable, [name]: hostTensor(new Float32Array(12).fill(3), [12]) }
    expect((await written(policy, trained)).tensors.get('output_norm.weight')!.data).toEqual(Array(12).fill(3))
    expect((await written(policy, null)).tensors.get('output_norm.weight')!.data).toEqual(Array(12).fill(1))
  })

  it('stores matrices in half, vectors whole', async () => {
    const { tensors, values } = await written(policy, null, { dtype: 'F16' })
    expect(values['general.file_type']).toBe(1)
    expect(tensors.get('blk.0.ffn_up.weight')!.data).toBe('F16')
    expect(tensors.get('blk.0.ffn_norm.weight')!.data).toEqual(Array(12).fill(1))
  })
})

describe('a model of another family', () => {
  const of = (name: string, change: Config = {}) =>
    rightOf(randomPolicy({ ...SMALL_FAMILIES[name], ...change }, { seed: 1 }))

  it('has what Llama 3 divides frequencies by', async () => {
    const { tensors } = await written(of('Llama 3'), null)
    // frequencies 1 and 0.1 over 8 positions: (8 / 2π − 1) / 3 of the first is kept, nothing of the second.
    const kept = (8 / (2 * Math.PI) - 1) / 3
    const { shape, data } = tensors.get('rope_freqs.weight')!
    expect(shape).toEqual([2])
    expect(apart(data, [1 / (kept + (1 - kept) / 8), 8])).toBeLessThan(1e-6)
  })

  it('reaches as far as its window where llama.cpp has no windows', async () => {
    expect((await written(of('Mistral'), null)).values).toMatchObject({
      'general.architecture': 'llama',
      'llama.context_length': 3,
    })
    expect((await written(of('Mistral', { sliding_window: null }), null)).values['llama.context_length']).toBe(16)
    const notes = async (name: string, change: Config = {}): Promise<readonly string[]> =>
      rightOf(await writeGguf(of(name, change), null, join(await freshDirectory(), 'x.gguf'))()).notes.filter((note) =>
        note.includes('window'),
      )
    expect(await notes('Mistral')).toEqual([expect.stringMatching(/llama has no sliding window: .* 3 tokens .* 16,/)])
    expect(await notes('Mistral', { sliding_window: null })).toEqual([])
    expect(await notes('Mistral', { sliding_window: 16 })).toEqual([])
    expect(await notes('Gemma 2')).toEqual([])
  })

  it('keeps its windows and caps, and norms as they multiply, where llama.cpp has them', async () => {
    const { values, tensors } = await written(of('Gemma 2'), null)
    expect(values).toMatchObject({
      'gemma2.context_length': 16,
      'gemma2.attention.sliding_window': 3,
      'gemma2.attention.sliding_window_pattern': 2,
      'gemma2.attn_logit_softcapping': 2,
      'gemma2.final_logit_softcapping': 3,
    })
    expect(tensors.get('blk.1.post_ffw_norm.weight')!.data).toEqual(Array(12).fill(1))
    expect((await written(of('Gemma 3'), null)).values).toMatchObject({
      'general.architecture': 'gemma3',
      'gemma3.attention.sliding_window_pattern': 3,
      'gemma3.rope.freq_base': 100,
      'gemma3.rope.freq_base_swa': 10,
      'gemma3.rope.scaling.type': 'linear',
      'gemma3.rope.scaling.factor': 2,
    })
  })

  it.each([
    ['Qwen 2', 'headDim', { head_dim: 8 }],
    ['Qwen 3', 'bias', { attention_bias: true }],
    ['Qwen 3', 'position', { rope_scaling: SMALL_FAMILIES['Llama 3']!['rope_scaling'] }],
    ['Gemma 2', 'scoreScale', { query_pre_attn_scalar: 5 }],
    ['Gemma 2', 'scoreCap', { attn_logit_softcapping: null }],
    ['Gemma 2', 'logitCap', { final_logit_softcapping: null }],
    ['Gemma 2', 'tied', { tie_word_embeddings: false }],
    ['Gemma 2', 'sliding', { layer_types: ['full_attention', 'full_attention'] }],
    ['Gemma 3', 'sliding', { layer_types: ['full_attention', 'sliding_attention', 'full_attention'] }],
  ])('%s is refused by name for the %s that llama.cpp would not compute', async (name, option, change) => {
    const fault = leftOf(await writeGguf(of(name, change), null, '/nowhere/x.gguf')())
    expect(fault).toMatchObject({ _tag: 'ArchitectureUnknown' })
    expect(Object.keys(fault.detail)).toContain(option)
  })
})

it.each([
  ['context', { max_position_embeddings: 2 ** 33 + 5 }],
  ['vocab', { vocab_size: 2 ** 32 }],
  ['intermediate', { intermediate_size: 2 ** 40 }],
])('a %s that the format has no room for is refused by name', (option, change) => {
  expect(leftOf(familyOf(rightOf(parseConfig({ ...SMALL_LLAMA, ...change }))))).toMatchObject({
    _tag: 'ArchitectureUnknown',
    detail: { [option]: Object.values(change)[0] },
  })
})

it('a window that the format has no room for is refused by name', () => {
  const gemma = { ...SMALL_FAMILIES['Gemma 2'], sliding_window: 2 ** 32 }
  expect(Object.keys(leftOf(familyOf(rightOf(parseConfig(gemma)))).detail)).toContain('sliding')
})

it('a Gemma of 27B is known by its layers, and its scores must be scaled as llama.cpp scales them', () => {
  const of = (layers: number) =>
    familyOf(
      rightOf(
        parseConfig({
          ...SMALL_FAMILIES['Gemma 2'],
          num_hidden_layers: layers,
          hidden_size: 4608,
          num_attention_heads: 32,
          num_key_value_heads: 16,
          head_dim: 128,
          query_pre_attn_scalar: 144,
        }),
      ),
    )
  expect(rightOf(of(46)).architecture).toBe('gemma2')
  expect(leftOf(of(42)).detail['scoreScale']).toBe(1 / 12)
})

describe('a GPT-2 model', () => {
  it('has its projections transposed and no head of its own', async () => {
    const policy = rightOf(randomPolicy(SMALL_GPT2, { seed: 1 }))
    const { tensors, values } = await written(policy, null)
    expect(values).toMatchObject({
      'general.architecture': 'gpt2',
      'gpt2.feed_forward_length': 32,
      'gpt2.context_length': 16,
    })
    expect(tensors.has('output.weight')).toBe(false)
    const ours = policy.constants['transformer.h.0.attn.c_attn.weight']!
    const { shape, data } = tensors.get('blk.0.attn_qkv.weight')!
    expect([shape, ours.shape]).toEqual([
      [24, 8],
      [8, 24],
    ])
    expect(data[5 * 8 + 3]).toBe(ours.data[3 * 24 + 5])
    expect(tensors.get('blk.0.attn_qkv.bias')!.shape).toEqual([24])
    expect(tensors.get('position_embd.weight')!.shape).toEqual([16, 8])
  })

  it('with an activation that llama.cpp lacks is refused by name', async () => {
    const policy = rightOf(randomPolicy({ ...SMALL_GPT2, activation_function: 'silu' }, { seed: 1 }))
    expect(leftOf(await writeGguf(policy, null, '/nowhere/x.gguf')())).toMatchObject({
      _tag: 'ArchitectureUnknown',
      detail: { activation: 'silu' },
    })
  })
})

describe('a tokenizer', () => {
  const withTokenizer = async (
    tokenizer: object,
    beside: Readonly<Record<string, string>> = {},
    options: GgufOptions = {},
  ): Promise<ReadGguf['values']> => {
    const directory = await freshDirectory()
    rightOf(await savePretrained(rightOf(randomPolicy(SMALL_GPT2, { seed: 1 })), null, directory)())
    const files = { 'tokenizer.json': JSON.stringify(tokenizer), ...beside }
    for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text)
    return (await written(await fromPretrained(directory), null, options)).values
  }
  const added = (id: number, content: string) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  })
  const parts = {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: null,
    post_processor: null,
    decoder: null,
  }

  // GPT-2's own file does not say the type of its model.
  it.each([{ type: 'BPE' }, {}])('of bytes keeps its merges; ids without a token are unused: %j', async (type) => {
    const values = await withTokenizer({
      ...parts,
      added_tokens: [added(4, '<end>')],
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      model: {
        ...type,
        vocab: { a: 0, b: 1, ab: 2, aba: 3 },
        merges: [
          ['a', 'b'],
          ['ab', 'a'],
        ],
      },
    })
    expect(values).toMatchObject({
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.merges': ['a b', 'ab a'],
      'tokenizer.ggml.tokens': [
        'a',
        'b',
        'ab',
        'aba',
        '<end>',
        '[PAD5]',
        '[PAD6]',
        '[PAD7]',
        '[PAD8]',
        '[PAD9]',
        '[PAD10]',
      ],
      'tokenizer.ggml.token_type': [1, 1, 1, 1, 3, 5, 5, 5, 5, 5, 5],
    })
  })

  it.each([{ type: 'Unigram' }, {}])('of unigrams keeps its scores: %j', async (type) => {
    const values = await withTokenizer({
      ...parts,
      added_tokens: [],
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
      model: {
        ...type,
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['▁a', -1.5],
          ['a', -2.5],
        ],
      },
    })
    expect(values).toMatchObject({
      'tokenizer.ggml.model': 't5',
      'tokenizer.ggml.unknown_token_id': 0,
      'tokenizer.ggml.add_space_prefix': true,
    })
    expect((values['tokenizer.ggml.scores'] as number[]).slice(0, 4)).toEqual([0, -1.5, -2.5, 0])
  })

  it('that is missing leaves the special tokens of config.json that have a row', async () => {
    const ids = { bos_token_id: 1, eos_token_id: [50256, 2] }
    const { values } = await written(rightOf(randomPolicy({ ...SMALL_GPT2, ...ids }, { seed: 1 })), null)
    expect(values).toMatchObject({ 'tokenizer.ggml.bos_token_id': 1, 'tokenizer.ggml.eos_token_id': 2 })
    const none = await written(rightOf(randomPolicy({ ...SMALL_GPT2, eos_token_id: 50256 }, { seed: 1 })), null)
    expect(Object.keys(none.values)).not.toContain('tokenizer.ggml.eos_token_id')
  })

  it('takes its chat template along, from whichever file has it', async () => {
    const key = 'tokenizer.chat_template'
    const settings = (given: unknown) => ({ 'tokenizer_config.json': JSON.stringify({ chat_template: given }) })
    const several = [
      { name: 'tool_use', template: 'b' },
      { name: 'default', template: '{{ a }}' },
    ]
    const values = (beside?: Readonly<Record<string, string>>) =>
      withTokenizer(SMALL_TOKENIZER, beside, { input: 'ids' })
    expect((await values(settings('{{ a }}')))[key]).toBe('{{ a }}')
    expect((await values(settings(several)))[key]).toBe('{{ a }}')
    const own = { ...settings('b'), 'chat_template.jinja': '{{ a }}' }
    expect((await values(own))[key]).toBe('{{ a }}')
    expect(key in (await values())).toBe(false)
  })

  it('that llama.cpp does not have is a fault, or left out for ids alone', async () => {
    const directory = await freshDirectory()
    rightOf(await savePretrained(rightOf(randomPolicy(SMALL_GPT2, { seed: 1 })), null, directory)())
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(SMALL_TOKENIZER))
    const path = join(directory, 'x.gguf')
    const policy = await fromPretrained(directory)
    expect(leftOf(await writeGguf(policy, null, path)())).toMatchObject({
      _tag: 'TokenizerUnsupported',
      detail: { feature: 'model.type' },
    })
    expect(rightOf(await writeGguf(policy, null, path, { input: 'ids' })())).toEqual({
      tokenizer: 'ids',
      notes: ['the file has no tokenizer: give it token ids, not text'],
    })
    expect(readGguf(await readFile(path)).values).toMatchObject({
      'tokenizer.ggml.merges': [],
      'tokenizer.ggml.unknown_token_id': 0,
    })
  })

  it.skipIf(!hasStories)(
    'of SentencePiece scores earlier merges higher (GFNLM_SHARED or ../shared has models/)',
    async () => {
      const { values } = await written(await fromPretrained(STORIES), null)
      expect(values).toMatchObject({
        'tokenizer.ggml.model': 'llama',
        'tokenizer.ggml.bos_token_id': 1,
        'tokenizer.ggml.add_bos_token': true,
        'tokenizer.ggml.add_eos_token': false,
        'tokenizer.ggml.add_space_prefix': true,
      })
      const [tokens, scores, types] = ['tokens', 'scores', 'token_type'].map(
        (key) => values[`tokenizer.ggml.${key}`],
      ) as [string[], number[], number[]]
      const scoreOf = (token: string): number => scores[tokens.indexOf(token)]!
      // the second merge of its tokenizer.json is 'h e', the seventh '▁t he'
      expect([scoreOf('he'), scoreOf('▁the')]).toEqual([-1, -6])
      expect(types.slice(0, 4)).toEqual([2, 3, 3, 6])
    },
  )
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadTokenizer } from './load-tokenizer.ts'
import { freshDirectory, leftOf, rightOf } from './testing/small-models.ts'
import { SMALL_TOKENIZER } from './testing/small-tokenizer.ts'

const special = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
})
const WITH_SPECIALS = {
  ...SMALL_TOKENIZER,
  added_tokens: [special(0, '<unk>'), special(10, '<s>'), special(11, '</s>')],
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [10], tokens: ['<s>'] } },
  },
}

const directoryWith = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
  const directory = await freshDirectory()
  for (const [name, value] of Object.entries(files)) await writeFile(join(directory, name), JSON.stringify(value))
  return directory
}

it('adds and skips special tokens only when asked to', async () => {
  const tokenizer = rightOf(await loadTokenizer(await directoryWith({ 'tokenizer.json': WITH_SPECIALS }))())
  expect([...tokenizer.encode('c a')]).toEqual([10, 3, 1])
  expect([...tokenizer.encode('c a', { special: false })]).toEqual([3, 1])
  expect(tokenizer.decode([10, 3, 1, 11])).toBe('c a')
  expect(tokenizer.decode(Int32Array.of(10, 3), { skipSpecial: false })).toBe('<s> c')
  expect(tokenizer.decode([])).toBe('')
  expect([...tokenizer.encode('')]).toEqual([10])
  expect([tokenizer.idOf('i'), tokenizer.idOf('zebra'), tokenizer.tokenOf(9), tokenizer.tokenOf(99)]).toEqual([
    9,
    undefined,
    'i',
    undefined,
  ])
  expect(tokenizer.vocabSize).toBe(12)
})

it('takes special tokens from tokenizer_config.json, then from config.json', async () => {
  const files = {
    'tokenizer.json': WITH_SPECIALS,
    'tokenizer_config.json': { bos_token: { content: '<s>' }, pad_token: null },
  }
  const tokenizer = rightOf(
    await loadTokenizer(await directoryWith({ ...files, 'config.json': { eos_token_id: [11, 3], bos_token_id: 5 } }))(),
  )
  expect([tokenizer.bos, tokenizer.eos, tokenizer.pad]).toEqual([10, 11, undefined])
})

const CHAT = {
  'tokenizer.json': WITH_SPECIALS,
  'tokenizer_config.json': { eos_token: '</s>' },
  'config.json': { eos_token_id: [11, 3] },
}

it.each([
  [
    "generation_config.json's, eos the first",
    { ...CHAT, 'generation_config.json': { eos_token_id: [5, 11, 4] } },
    [11, 5, 4],
  ],
  ["generation_config.json's one", { ...CHAT, 'generation_config.json': { eos_token_id: 5 } }, [11, 5]],
  ["config.json's without that file", CHAT, [11, 3]],
  ["config.json's where that file has none", { ...CHAT, 'generation_config.json': { do_sample: true } }, [11, 3]],
  [
    'named by ids alone',
    { ...CHAT, 'tokenizer_config.json': {}, 'generation_config.json': { eos_token_id: 4 } },
    [11, 4],
  ],
  [
    'those of the list that the model has',
    { ...CHAT, 'generation_config.json': { eos_token_id: [50256, 5, 12] } },
    [11, 5],
  ],
  [
    "config.json's where the model has none of that file's",
    { ...CHAT, 'generation_config.json': { eos_token_id: 50256 } },
    [11, 3],
  ],
  [
    'the named eos where the model has no id that is written',
    { ...CHAT, 'config.json': { bos_token_id: 50256, eos_token_id: 50256, unk_token_id: 12 } },
    [11],
  ],
  ['none where no file has any', { 'tokenizer.json': WITH_SPECIALS, 'config.json': { eos_token_id: null } }, []],
])('text ends at %s', async (_, files, ends) => {
  const tokenizer = rightOf(await loadTokenizer(await directoryWith(files), 12)())
  expect([tokenizer.ends, tokenizer.eos]).toEqual([ends, ends[0]])
  expect([tokenizer.bos, tokenizer.unk]).toEqual([undefined, undefined])
})

const NO_ID = [-1, -3, 2.5, 'x', '2', true, 2 ** 53, {}, [], [[2]], [2, -1], [2, 'x'], [null]]

it.each([
  ['eos_token_id', 'config.json', NO_ID],
  ['eos_token_id', 'generation_config.json', NO_ID],
  ['bos_token_id', 'config.json', [...NO_ID, [2]]],
  ['pad_token_id', 'config.json', [...NO_ID.slice(1), [2], 12]],
  ['unk_token_id', 'config.json', [...NO_ID, [2]]],
])('%s in %s that is no id is a fault by its name', async (field, file, values) => {
  for (const value of values) {
    const directory = await directoryWith({ ...CHAT, [file]: { [field]: value } })
    const fault = leftOf(await loadTokenizer(directory, 12)())
    expect(fault).toMatchObject({ _tag: 'ConfigInvalid', detail: { field } })
    expect(fault.message).toContain(`${file}: ${field} is `)
  }
})

it('a pad_token_id of -1 is none, as older files of Llama say it', async () => {
  const files = { 'tokenizer.json': WITH_SPECIALS, 'config.json': { pad_token_id: -1, unk_token_id: 0 } }
  expect(rightOf(await loadTokenizer(await directoryWith(files))())).toMatchObject({ pad: undefined, unk: 0 })
})

it('is a fault when its file is missing or its configuration is no JSON', async () => {
  expect(leftOf(await loadTokenizer(await freshDirectory())())._tag).toBe('ModelNotFound')
  const directory = await directoryWith({ 'tokenizer.json': SMALL_TOKENIZER })
  await writeFile(join(directory, 'tokenizer_config.json'), '{')
  expect(leftOf(await loadTokenizer(directory)())._tag).toBe('TokenizerCorrupt')
})

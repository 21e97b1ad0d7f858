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

it('is a fault when its file is missing or its configuration is no JSON', async () => {
  expect(leftOf(await loadTokenizer(await freshDirectory())())._tag).toBe('ModelNotFound')
  const directory = await directoryWith({ 'tokenizer.json': SMALL_TOKENIZER })
  await writeFile(join(directory, 'tokenizer_config.json'), '{')
  expect(leftOf(await loadTokenizer(directory)())._tag).toBe('TokenizerCorrupt')
})

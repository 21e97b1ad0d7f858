import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { BYTE_LETTERS, learnedBpe } from '../testing/bpe.ts'
import { hasLlamaCpp, llamaCpp } from '../testing/llama-cpp.ts'
import { SMALL_LLAMA, STORIES, freshDirectory, hasStories, rightOf } from '../testing/small-models.ts'
import { LLAMA_3, QWEN_2 } from './gguf-tokenizer.ts'
import { writeGguf } from './write-gguf.ts'

const TEXTS = [
  'Hello world',
  ' a  b   c ',
  "I'm sure they'LL don't; it's 1234567 of 12.5%",
  'line\nnext\n\n  third\r\n\tend \n',
  'snake_case, x=y+2; f(a)!!! "quoted" --- ...',
  'Žluťoučký kůň 你好世界 مرحبا 🦊🦊 ½ ①',
  '   ',
  '\n\n\n',
  'a1b22c333 4444',
  '▁ was there',
]

const { ask, close } = llamaCpp()
afterAll(close)

/** Ids of the texts by the tokenizer of a model directory, and by llama.cpp from its GGUF file. */
const both = async (directory: string) => {
  const policy = await fromPretrained(directory)
  const path = join(await freshDirectory(), 'model.gguf')
  const { tokenizer } = rightOf(await writeGguf(policy, null, path)())
  const theirs = await ask({ model: path, texts: TEXTS })
  return { tokenizer, theirs, ours: TEXTS.map((text) => [...policy.tokenizer!.encode(text, { special: false })]) }
}

const tokenized = async (parts: object, size: number): Promise<Awaited<ReturnType<typeof both>>> => {
  const directory = await freshDirectory()
  const policy = rightOf(randomPolicy({ ...SMALL_LLAMA, vocab_size: size }, { seed: 1 }))
  rightOf(await savePretrained(policy, null, directory)())
  const json = { version: '1.0', added_tokens: [], post_processor: null, decoder: null, normalizer: null, ...parts }
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(json))
  return both(directory)
}

const BYTES = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }
const after = (first: object) => ({ type: 'Sequence', pretokenizers: [first, { ...BYTES, use_regex: false }] })
const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })

describe.skipIf(!hasLlamaCpp)('llama.cpp (node peers/llama-cpp/install.mjs) reads text as the tokenizer does', () => {
  it.each([
    ['GPT-2', { ...BYTES, use_regex: true }, {}],
    ['SmolLM2', { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, { ...BYTES, use_regex: true }] }, {}],
    ['Llama 3', after(split(LLAMA_3)), { ignore_merges: true }],
    ['Qwen 2', after(split(QWEN_2)), {}],
  ])('of %s', async (_, pre_tokenizer, options) => {
    const text = TEXTS.join('').repeat(3)
    const bpe = learnedBpe(BYTE_LETTERS, Array.from(new TextEncoder().encode(text), (byte) => BYTE_LETTERS[byte]!), 200)
    const { tokenizer, theirs, ours } = await tokenized({ pre_tokenizer, model: { type: 'BPE', ...bpe, ...options } }, 456)
    expect(tokenizer).toBe('gpt2')
    expect(theirs).toEqual(ours)
  })

  it.each([
    ['Llama 2', [{ type: 'Prepend', prepend: '▁' }], null],
    ['Gemma', [], { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false }],
  ])('of %s', async (_, before, pre_tokenizer) => {
    const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
    const letters = Array.from(`▁${TEXTS.slice(0, 5).join('').replaceAll(' ', '▁')}`)
    const bpe = learnedBpe(['<unk>', ...bytes, ...letters], Array(3).fill(letters).flat() as string[], 120)
    const marked = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
    const { tokenizer, theirs, ours } = await tokenized(
      {
        added_tokens: [{ id: 0, content: '<unk>', special: true, single_word: false, lstrip: false, rstrip: false, normalized: false }],
        normalizer: { type: 'Sequence', normalizers: [...before, marked] },
        pre_tokenizer,
        model: { type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, ...bpe },
      },
      Object.keys(bpe.vocab).length,
    )
    expect(tokenizer).toBe('llama')
    expect(theirs).toEqual(ours)
  })

  it.skipIf(!hasStories)('of a model that was trained', async () => {
    const { theirs, ours } = await both(STORIES)
    expect(theirs).toEqual(ours)
  })
})

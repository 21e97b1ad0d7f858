import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { type Bpe, learnedBpe } from '../testing/bpe.ts'
import { BYTE_CHARACTERS, FAMILIES as OTHERS, type TokenizerJson } from '../testing/family-tokenizers.ts'
import { hasLlamaCpp, llamaCpp } from '../testing/llama-cpp.ts'
import { SMALL_LLAMA, STORIES, freshDirectory, hasStories, rightOf } from '../testing/small-models.ts'
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
const both = async (directory: string, texts: readonly string[] = TEXTS) => {
  const policy = await fromPretrained(directory)
  const path = join(await freshDirectory(), 'model.gguf')
  const { tokenizer } = rightOf(await writeGguf(policy, null, path)())
  const theirs = await ask({ model: path, texts })
  return { tokenizer, theirs, ours: texts.map((text) => [...policy.tokenizer!.encode(text, { special: false })]) }
}

const VOCAB = 700

const digitsFirst = [{ type: 'Digits', individual_digits: true }, OTHERS['gpt2']!['pre_tokenizer']]
const FAMILIES: Readonly<Record<string, TokenizerJson>> = {
  ...OTHERS,
  smollm: { ...OTHERS['gpt2'], pre_tokenizer: { type: 'Sequence', pretokenizers: digitsFirst } },
}

/** A family's tokenizer with merges of the texts, which only its normalizer and pre-tokenizer keep within words. */
const learned = (family: string): object => {
  const json = FAMILIES[family]!
  const model = json['model'] as Bpe & { readonly byte_fallback: boolean }
  const added = (json['added_tokens'] ?? []) as readonly { readonly id: number }[]
  const next = Math.max(...Object.values(model.vocab), ...added.map(({ id }) => id)) + 1
  const text = TEXTS.join('').repeat(3)
  const symbols = model.byte_fallback
    ? [...text.replaceAll(' ', '▁')]
    : Array.from(new TextEncoder().encode(text), (byte) => BYTE_CHARACTERS[byte]!)
  const made = new Set(model.merges.map((pair) => pair.join('')))
  const first = Object.fromEntries(Object.entries(model.vocab).filter(([token]) => !made.has(token)))
  return { ...json, model: { ...model, ...learnedBpe(first, next, symbols, 120) } }
}

describe.skipIf(!hasLlamaCpp)('llama.cpp (node peers/llama-cpp/install.mjs) reads text as the tokenizer does', () => {
  it.each([
    ['gpt2', 'gpt2'],
    ['smollm', 'gpt2'],
    ['llama3', 'gpt2'],
    ['qwen2', 'gpt2'],
    ['llama2', 'llama'],
    ['phi3', 'llama'],
    ['mistral', 'llama'],
    ['gemma', 'llama'],
  ])('of %s', async (family, kind) => {
    const directory = await freshDirectory()
    const policy = rightOf(randomPolicy({ ...SMALL_LLAMA, vocab_size: VOCAB }, { seed: 1 }))
    rightOf(await savePretrained(policy, null, directory)())
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(learned(family)))
    // Metaspace leaves a space at the beginning as it is; SentencePiece, and llama.cpp, put another before it.
    const texts = family === 'mistral' ? TEXTS.filter((text) => !/^[ ▁]/.test(text)) : TEXTS
    const { tokenizer, theirs, ours } = await both(directory, texts)
    expect(tokenizer).toBe(kind)
    expect(theirs).toEqual(ours)
  })

  it.skipIf(!hasStories)('of a model that was trained', async () => {
    const { theirs, ours } = await both(STORIES)
    expect(theirs).toEqual(ours)
  })
})

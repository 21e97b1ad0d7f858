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
  // Llama 3's split as others have it, whose words that are tokens are merged like any.
  dbrx: { ...OTHERS['llama3'], model: { ...(OTHERS['llama3']!['model'] as object), ignore_merges: false } },
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

const METASPACE = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: false }

/** A tokenizer of unigrams: every character of the texts, and pieces of them, at scores of their own. */
const unigrams = (): object => {
  const text = [...TEXTS.join('\n').replaceAll(' ', '▁')]
  const pieces = Array.from({ length: 150 }, (_, i) => text.slice((i * 37) % text.length).slice(0, 2 + (i % 4)))
  const tokens = [...new Set([...text, ...pieces.map((piece) => piece.join(''))])]
  const vocab = [['<unk>', 0], ...tokens.map((token, i) => [token, -1 - ((i * 61) % 97) / 7 - i / 1e4])]
  return {
    ...OTHERS['mistral'],
    added_tokens: (OTHERS['mistral']!['added_tokens'] as readonly object[]).slice(0, 1),
    pre_tokenizer: METASPACE,
    post_processor: null,
    model: { type: 'Unigram', unk_id: 0, vocab },
  }
}

/** A model with that tokenizer. */
const directoryOf = async (tokenizer: object): Promise<string> => {
  const directory = await freshDirectory()
  const policy = rightOf(randomPolicy({ ...SMALL_LLAMA, vocab_size: VOCAB }, { seed: 1 }))
  rightOf(await savePretrained(policy, null, directory)())
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer))
  return directory
}

describe.skipIf(!hasLlamaCpp)('llama.cpp (node peers/llama-cpp/install.mjs) reads text as the tokenizer does', () => {
  it.each([
    ['gpt2', 'gpt2'],
    ['smollm', 'gpt2'],
    ['llama3', 'gpt2'],
    ['dbrx', 'gpt2'],
    ['qwen2', 'gpt2'],
    ['llama2', 'llama'],
    ['phi3', 'llama'],
    ['mistral', 'llama'],
    ['gemma', 'llama'],
  ])('of %s', async (family, kind) => {
    // Metaspace leaves a space at the beginning as it is; SentencePiece, and llama.cpp, put another before it.
    const texts = family === 'mistral' ? TEXTS.filter((text) => !/^[ ▁]/.test(text)) : TEXTS
    const { tokenizer, theirs, ours } = await both(await directoryOf(learned(family)), texts)
    expect(tokenizer).toBe(kind)
    expect(theirs).toEqual(ours)
  })

  it('of unigrams', async () => {
    const texts = TEXTS.filter((text) => !/^[ ▁]/.test(text))
    const { tokenizer, theirs, ours } = await both(await directoryOf(unigrams()), texts)
    expect(tokenizer).toBe('t5')
    expect(theirs).toEqual(ours)
  })

  it.skipIf(!hasStories)('of a model that was trained', async () => {
    const { theirs, ours } = await both(STORIES)
    expect(theirs).toEqual(ours)
  })
})

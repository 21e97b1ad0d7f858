import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenizerOf } from './load-tokenizer.ts'
import { FAMILIES } from './testing/family-tokenizers.ts'
import { leftOf, rightOf } from './testing/small-models.ts'
import { ENCODED, TEXTS } from './testing/tokenizer-vectors.ts'
import type { Tokenizer } from './tokenizer.ts'

const of = (family: string, settings: Readonly<Record<string, unknown>> = {}): Tokenizer =>
  rightOf(tokenizerOf(family, { json: FAMILIES[family], settings }))

it.each(Object.keys(FAMILIES))('%s gives what the reference implementation gives', (family) => {
  const { encode, decode } = of(family)
  const given = TEXTS.map((text) => {
    const ids = encode(text)
    return { ids: [...ids], skipped: decode(ids), whole: decode(ids, { skipSpecial: false }) }
  })
  expect(given).toEqual(ENCODED[family])
})

// As GPT-2's own tokenizer.json, and files of a model's vocabulary and merges alone.
it.each(Object.keys(FAMILIES))('%s needs no type of its model to be BPE', (family) => {
  const json = FAMILIES[family]!
  const { type, ...model } = json['model'] as Readonly<Record<string, unknown>>
  const bare = Object.fromEntries(Object.entries(model).filter(([, option]) => option !== null && option !== ''))
  expect(type).toBe('BPE')
  for (const untyped of [model, bare]) {
    const { encode } = rightOf(tokenizerOf(family, { json: { ...json, model: untyped } }))
    expect(TEXTS.map((text) => [...encode(text)])).toEqual(ENCODED[family]!.map(({ ids }) => ids))
  }
})

describe('what is encoded comes back', () => {
  const TEXT = fc.string({
    unit: fc.oneof(fc.constantFrom(' ', '\n', 'hello', ' the', '12'), fc.string({ unit: 'binary', maxLength: 2 })),
  })
  /** What a family does to a text by design: marks of spaces are spaces, one space at the beginning is its own. */
  const spaced = (text: string): string => text.replaceAll('▁', ' ')
  it.each<readonly [string, (text: string) => string]>([
    ['gpt2', (text) => text],
    ['llama3', (text) => text],
    ['qwen2', (text) => text.normalize('NFC')],
    ['gemma', spaced],
    ['llama2', spaced],
    ['phi3', spaced],
    ['mistral', (text) => spaced(text).replace(/^ /, '')],
  ])('in %s', (family, kept) => {
    const { encode, decode } = of(family)
    fc.assert(
      fc.property(TEXT, (text) => {
        expect(decode(encode(text, { special: false }), { skipSpecial: false })).toBe(kept(text))
      }),
    )
  })
})

describe('the files beside tokenizer.json', () => {
  it.each([
    [{ bos_token: '<s>', eos_token: '</s>' }, [1, 305]],
    [{ bos_token: '<s>', eos_token: '</s>', add_bos_token: true }, [1, 305]],
    [{ bos_token: '<s>', eos_token: '</s>', add_bos_token: false }, [305]],
    [{ bos_token: '<s>', eos_token: '</s>', add_eos_token: true }, [305, 2]],
    [{ bos_token: '<s>', eos_token: '</s>', add_bos_token: true, add_eos_token: true }, [1, 305, 2]],
    [{ add_bos_token: true }, [305]],
  ])('say what is put around a text: %j', (settings, ids) => {
    const { encode } = of('llama2', settings)
    expect([...encode('a')]).toEqual(ids)
    expect([...encode('a', { special: false })]).toEqual([305])
  })

  it.each([
    [{}, 'right'],
    [{ padding_side: 'left' }, 'left'],
    [{ tokenizer_class: 'LlamaTokenizerFast' }, 'left'],
    [{ tokenizer_class: 'LlamaTokenizer', padding_side: 'right' }, 'right'],
    [{ tokenizer_class: 'GPT2Tokenizer' }, 'right'],
  ])('say on which side rows are padded: %j', (settings, side) => expect(of('llama2', settings).padSide).toBe(side))

  it('name the special tokens: tokenizer_config.json, then the map, then config.json', () => {
    const { bos, eos, pad, unk, specialTokens } = rightOf(
      tokenizerOf('llama2', {
        json: FAMILIES['llama2'],
        settings: { bos_token: { content: '<s>', lstrip: false }, eos_token: null, chat_template: '{{ bos_token }}' },
        specialTokensMap: { bos_token: '</s>', eos_token: '</s>', additional_special_tokens: ['<x>'] },
        config: { eos_token_id: 1, pad_token_id: 0, unk_token_id: null },
      }),
    )
    expect([bos, eos, pad, unk]).toEqual([1, 2, 0, undefined])
    expect(specialTokens).toEqual({ bos_token: '<s>', eos_token: '</s>' })
  })

  it('add tokens, and change what they are', () => {
    const decoder = { 283: { content: '<think>', special: true }, 284: { content: '<tool>', special: false } }
    const { encode, decode } = of('qwen2', { added_tokens_decoder: decoder })
    const ids = encode('a<think> the<tool>')
    expect([...ids].filter((id) => id > 282)).toEqual([283, 284])
    expect(decode(ids)).toBe('a the<tool>')
  })

  it('name special tokens of the vocabulary that are added nowhere', () => {
    const { added_tokens: _, ...json } = FAMILIES['llama2']
    const { encode, decode } = rightOf(
      tokenizerOf('bare', { json: { ...json, added_tokens: [] }, settings: { eos_token: '</s>' } }),
    )
    expect([...encode('a</s>', { special: false })]).toEqual([305, 2])
    expect(decode([305, 2, 305])).toBe('a a')
  })

  it.each([
    ['an end of sequence that is no token', 'llama2', { eos_token: '<|end|>' }, /eos_token, "<\|end\|>", is not in/],
    [
      'a token that must be a word',
      'qwen2',
      { added_tokens_decoder: { 284: { content: 'x', single_word: true } } },
      /single_word/,
    ],
  ])('with %s are a fault', (_, family, settings, says) => {
    const fault = leftOf(tokenizerOf(family, { json: FAMILIES[family], settings }))
    expect([fault._tag, fault.message]).toEqual(['TokenizerCorrupt', expect.stringMatching(says)])
  })
})

it('spaces before punctuation are left as they are', () => {
  for (const settings of [{}, { clean_up_tokenization_spaces: true }])
    expect(of('gpt2', settings).decode(of('gpt2').encode("a , b . it 's"))).toBe("a , b . it 's")
})

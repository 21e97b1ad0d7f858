import * as E from 'fp-ts/lib/Either.js'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fromPretrained } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import { savePretrained } from '../save-pretrained.ts'
import { FAMILIES } from '../testing/family-tokenizers.ts'
import { SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { type GgufTokenizer, ggufTokenizer } from './gguf-tokenizer.ts'
import type { Misfit } from './misfit.ts'
import type { Part, TokenizerJson } from './tokenizer-json.ts'
import { tokenizerNotes } from './tokenizer-notes.ts'
import { writeGguf } from './write-gguf.ts'

type Change = Readonly<Record<string, unknown>>

const family = (name: string, change: Change = {}): TokenizerJson => ({ ...FAMILIES[name], ...change }) as TokenizerJson

/** A family with options of its model, or of every part of a type, changed. */
const withModel = (name: string, change: Change): TokenizerJson =>
  family(name, { model: { ...family(name).model, ...change } })
const changed = (part: Part, type: string, change: Change): Part => ({
  ...part,
  ...(part.type === type ? change : {}),
  ...(part.pretokenizers === undefined
    ? {}
    : { pretokenizers: part.pretokenizers.map((inner) => changed(inner, type, change)) }),
})
const withPart = (name: string, type: string, change: Change): TokenizerJson =>
  family(name, { pre_tokenizer: changed(family(name).pre_tokenizer!, type, change) })

const fitting = (json: TokenizerJson): GgufTokenizer =>
  E.getOrElse<Misfit, GgufTokenizer>(({ feature }) => expect.unreachable(feature))(ggufTokenizer(json))

const splitOf = (json: TokenizerJson): string => {
  const tokenizer = fitting(json)
  return tokenizer.kind === 'gpt2' ? tokenizer.split : tokenizer.kind
}

describe('a tokenizer.json has the tokenizer of llama.cpp that does the same', () => {
  it('by its split and by whether whole words go past the merges', () => {
    expect(['gpt2', 'llama3', 'qwen2', 'llama2', 'mistral', 'gemma'].map((name) => splitOf(family(name)))).toEqual([
      'gpt-2',
      'llama-bpe',
      'qwen2',
      'llama',
      'llama',
      'llama',
    ])
    expect(splitOf(withModel('llama3', { ignore_merges: false }))).toBe('dbrx')
  })

  it('where a Split keeps what matches by removing the rest, of which there is none', () => {
    expect(splitOf(withPart('qwen2', 'Split', { behavior: 'Removed', invert: true }))).toBe('qwen2')
  })
})

const WHOLE = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: false }
const unigrams = (change: Change): TokenizerJson => ({
  model: { type: 'Unigram', unk_id: 0, vocab: [['<unk>', 0] as const, ['▁a', -1] as const] },
  pre_tokenizer: WHOLE,
  ...change,
})

describe('what llama.cpp does otherwise is a misfit by the name of the feature', () => {
  const NFKC = { type: 'NFKC' }
  it.each<[feature: string, json: TokenizerJson]>([
    ['model.type', withModel('gpt2', { type: 'WordPiece' })],
    ['model.ignore_merges', withModel('qwen2', { ignore_merges: true })],
    ['model.ignore_merges', withModel('gpt2', { ignore_merges: true })],
    ['model.ignore_merges', withModel('llama2', { ignore_merges: true })],
    ['model.dropout', withModel('gpt2', { dropout: 0.1 })],
    ['model.end_of_word_suffix', withModel('gpt2', { end_of_word_suffix: '</w>' })],
    ['model.byte_fallback', withModel('gpt2', { byte_fallback: true })],
    ['model.byte_fallback', withModel('llama2', { byte_fallback: false })],
    ['model.vocab', withModel('llama2', { vocab: { '<0x00>': 0 } })],
    ['pre_tokenizer.ByteLevel.use_regex', withPart('gpt2', 'ByteLevel', { use_regex: false })],
    ['pre_tokenizer.ByteLevel.use_regex', withPart('llama3', 'ByteLevel', { use_regex: true })],
    ['pre_tokenizer.ByteLevel.use_regex', withPart('llama3', 'ByteLevel', { use_regex: undefined })],
    ['pre_tokenizer.ByteLevel.add_prefix_space', withPart('gpt2', 'ByteLevel', { add_prefix_space: true })],
    ['pre_tokenizer.Split.behavior', withPart('llama3', 'Split', { behavior: 'MergedWithNext' })],
    ['pre_tokenizer.Split.invert', withPart('llama3', 'Split', { behavior: 'Removed', invert: false })],
    ['pre_tokenizer.Split.pattern', withPart('llama3', 'Split', { pattern: { Regex: '.' } })],
    ['pre_tokenizer.Split.pattern', withPart('llama3', 'Split', { pattern: { String: ' ' } })],
    ['pre_tokenizer.Whitespace', family('gpt2', { pre_tokenizer: { type: 'Whitespace' } })],
    ['pre_tokenizer.Digits.individual_digits', family('gpt2', { pre_tokenizer: { type: 'Digits' } })],
    ['normalizer.NFKC', family('gpt2', { normalizer: NFKC })],
    ['normalizer.NFKC', family('mistral', { normalizer: NFKC })],
    [
      'normalizer.Lowercase',
      family('gemma', {
        normalizer: { type: 'Sequence', normalizers: [family('gemma').normalizer, { type: 'Lowercase' }] },
      }),
    ],
    [
      'normalizer.Replace',
      family('mistral', { normalizer: { type: 'Replace', pattern: { String: '``' }, content: '"' } }),
    ],
    ['normalizer.Prepend.prepend', family('mistral', { normalizer: { type: 'Prepend', prepend: '_' } })],
    [
      'pre_tokenizer.Split',
      family('gemma', {
        pre_tokenizer: { type: 'Sequence', pretokenizers: [WHOLE, { type: 'Split', pattern: { String: 'a' } }] },
      }),
    ],
    ['pre_tokenizer.Digits', family('llama2', { pre_tokenizer: { type: 'Digits', individual_digits: true } })],
    ['pre_tokenizer.Metaspace.split', withPart('mistral', 'Metaspace', { split: true })],
    ['pre_tokenizer.Metaspace.replacement', withPart('mistral', 'Metaspace', { replacement: '_' })],
    ['model.byte_fallback', unigrams({ model: { ...unigrams({}).model, byte_fallback: true } })],
    ['normalizer.NFKC', unigrams({ normalizer: NFKC })],
    [
      'pre_tokenizer.WhitespaceSplit',
      unigrams({ pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, WHOLE] } }),
    ],
    ['pre_tokenizer', unigrams({ pre_tokenizer: null })],
  ])('%s (case %#)', (feature, json) => {
    expect(leftOf(ggufTokenizer(json))).toMatchObject({ feature })
  })
})

it('what a file says is shown by its beginning', () => {
  const long = 'x'.repeat(5e6)
  for (const json of [withModel('gpt2', { type: long }), withPart('mistral', 'Metaspace', { replacement: long })])
    expect(leftOf(ggufTokenizer(json)).what.length).toBeLessThan(200)
})

describe('what is left of a difference is said in notes', () => {
  const notes = (json: TokenizerJson): readonly string[] => tokenizerNotes(fitting(json), json)
  /** With merges as they are made from SentencePiece: all pairs that make a token, one token after another. */
  const whole = (name: string): TokenizerJson => {
    const json = family(name)
    const tokens = Object.keys(json.model!.vocab!)
    const made = [...new Set(json.model!.merges!.map((pair) => [...pair].join('')))]
    const merges = made.flatMap((token) =>
      Array.from({ length: token.length - 1 }, (_, i) => [token.slice(0, i + 1), token.slice(i + 1)] as const).filter(
        (pair) => pair.every((part) => tokens.includes(part)),
      ),
    )
    return { ...json, model: { ...json.model, merges } }
  }

  it('of characters, of spaces at the beginning and beside tokens', () => {
    expect(notes(family('gpt2'))).toEqual([])
    expect(notes(family('qwen2'))).toEqual([expect.stringContaining('NFC')])
    expect(notes(whole('llama2'))).toEqual([])
    expect(notes(whole('mistral'))).toEqual([
      expect.stringContaining('begins with one'),
      expect.stringContaining('prepend_scheme first'),
    ])
    expect(notes(whole('phi3'))).toEqual([expect.stringContaining('"</s>", "<|user|>", "<|end|>" and 1 more')])
  })

  it('of tokens that two make which no merge joins, or whose merges lie apart', () => {
    const { model, ...json } = whole('llama2')
    const all = model!.merges!
    const without = { ...json, model: { ...model, merges: all.filter(([a, b]) => a !== '▁' || b !== 'the') } }
    expect(notes(without)).toEqual([expect.stringMatching(/may make "▁the" where/)])
    const [first, ...rest] = all.filter((pair) => [...pair].join('') === '▁the')
    const apart = [first!, ...all.filter((pair) => [...pair].join('') !== '▁the'), ...rest]
    expect(notes({ ...json, model: { ...model, merges: apart } })).toEqual([
      expect.stringMatching(/may make "▁the" where/),
    ])
  })

  it('the shortest first, long ones by how they begin', () => {
    const ofBreaks = (counts: readonly number[]): readonly string[] => {
      const tokens = counts.map((count, i) => ['\n'.repeat(count), 900 + i] as const)
      const json = whole('llama2')
      return notes({
        ...json,
        model: { ...json.model, vocab: { ...json.model!.vocab, ...Object.fromEntries(tokens) } },
      })
    }
    expect(ofBreaks([16, 8, 4, 5])).toEqual([
      expect.stringContaining(
        String.raw`may make "\n\n\n\n\n", "\n\n\n\n\n\n\n\n", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n" where`,
      ),
    ])
    expect(ofBreaks([17, 7, 10, 1e6])).toEqual([
      expect.stringContaining(String.raw`may make "\n\n\n\n\n\n\n\n\n\n\n\n…" where`),
    ])
  })
})

describe('a post-processor', () => {
  const template = (items: readonly string[], known: Change = {}): unknown => ({
    type: 'TemplateProcessing',
    single: items.map((id) => (id === 'A' ? { Sequence: { id, type_id: 0 } } : { SpecialToken: { id, type_id: 0 } })),
    pair: [],
    special_tokens: known,
  })
  const said = async (post_processor: unknown, settings: Change = {}) => {
    const directory = await freshDirectory()
    const policy = rightOf(randomPolicy({ ...SMALL_LLAMA, vocab_size: 400 }, { seed: 1 }))
    rightOf(await savePretrained(policy, null, directory)())
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(family('llama2', { post_processor })))
    await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify(settings))
    return writeGguf(await fromPretrained(directory), null, join(directory, 'x.gguf'))()
  }
  const NAMED = { bos_token: '<s>', eos_token: '</s>' }
  const BOS = { id: '<s>', ids: [1], tokens: ['<s>'] }

  it('of bos before and eos after a text, or one of them, is written', async () => {
    for (const items of [['A'], ['<s>', 'A'], ['A', '</s>'], ['<s>', 'A', '</s>']])
      expect(E.isRight(await said(template(items, { '<s>': BOS }), NAMED))).toBe(true)
    expect(E.isRight(await said(template(['<s>', 'A'])))).toBe(true)
  })

  it.each([
    ['a token that the model has not', template(['[CLS]', 'A']), '"[CLS]", which is no token'],
    ['another id', template(['<s>', 'A'], { '<s>': { ...BOS, ids: [7] } }), '"<s>" of id 7'],
    ['BERT’s', { type: 'BertProcessing', cls: ['[CLS]', 7], sep: ['</s>', 2] }, '"[CLS]" of id 7'],
    ['two tokens before', template(['<s>', '<s>', 'A']), 'into 1, 1, '],
    ['eos before', template(['</s>', 'A']), 'puts bos (1) before'],
  ])('that puts %s is a fault', async (_, processor, words) => {
    const fault = leftOf(await said(processor, NAMED))
    expect(fault).toMatchObject({
      _tag: 'TokenizerUnsupported',
      detail: { feature: expect.stringMatching(/^post_pr/) },
    })
    expect(fault.message).toContain(words)
  })
})

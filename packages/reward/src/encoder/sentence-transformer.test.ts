import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HIDDEN, VOCAB, expectedStates, tinyEncoder } from '../testing/tiny-encoder.ts'
import { type EmbeddingOptions, embedding } from './embedding.ts'

const TEXTS = ['moon star', 'sea', 'sun stone moon sea']
/** [tokens][size] last hidden states of a text between [CLS] and [SEP]. */
const statesOf = (text: string): number[][] =>
  expectedStates([2, ...text.split(' ').map((word) => VOCAB.indexOf(word)), 3])
const column = (states: readonly number[][], i: number): number[] => states.map((state) => state[i]!)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

// sentence-transformers' Pooling.forward, for a row without padding.
const EXPECTED = {
  cls: ([first]: readonly number[]) => first!,
  max: (values: readonly number[]) => Math.max(...values),
  mean: (values: readonly number[]) => sum(values) / values.length,
  mean_sqrt_len_tokens: (values: readonly number[]) => sum(values) / Math.sqrt(values.length),
  weightedmean: (values: readonly number[]) =>
    sum(values.map((value, i) => (i + 1) * value)) / ((values.length * (values.length + 1)) / 2),
  lasttoken: (values: readonly number[]) => values.at(-1)!,
} as const
type Name = keyof typeof EXPECTED
const FLAGS: Readonly<Record<Name, string>> = {
  cls: 'pooling_mode_cls_token',
  max: 'pooling_mode_max_tokens',
  mean: 'pooling_mode_mean_tokens',
  mean_sqrt_len_tokens: 'pooling_mode_mean_sqrt_len_tokens',
  weightedmean: 'pooling_mode_weightedmean_tokens',
  lasttoken: 'pooling_mode_lasttoken',
}
const NAMES = Object.keys(EXPECTED) as readonly Name[]

const expected = (text: string, names: readonly Name[]): number[] =>
  names.flatMap((name) => Array.from({ length: HIDDEN }, (_, i) => EXPECTED[name](column(statesOf(text), i))))
const unit = (vector: readonly number[]): number[] => vector.map((x) => x / Math.hypot(...vector))

/** An encoder with files of sentence-transformers beside it. */
const encoderWith = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
  const directory = await tinyEncoder('last_hidden_state')
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [path, json] of Object.entries(files)) {
    await mkdir(join(directory, path, '..'), { recursive: true })
    await writeFile(join(directory, path), JSON.stringify(json))
  }
  return directory
}
const vectors = async (directory: string, options: EmbeddingOptions = {}): Promise<readonly Float32Array[]> => {
  const found = await embedding(directory, options)(TEXTS)()
  if (found._tag === 'Left') throw found.left
  return found.right
}
const isNear = (found: readonly Float32Array[], of: (text: string) => readonly number[]): void =>
  TEXTS.forEach((text, row) => {
    expect(found[row]).toHaveLength(of(text).length)
    of(text).forEach((x, i) => expect(found[row]![i]).toBeCloseTo(x, 5))
  })

const modules = (...kinds: readonly string[]): unknown =>
  kinds.map((kind, idx) => ({
    idx,
    name: String(idx),
    path: kind === 'Transformer' ? '' : `${idx}_${kind}`,
    type: `sentence_transformers.models.${kind}`,
  }))
const flags = (...names: readonly Name[]): unknown => ({
  word_embedding_dimension: HIDDEN,
  ...Object.fromEntries(NAMES.map((name) => [FLAGS[name], names.includes(name)])),
  include_prompt: true,
})
const POOLING = '1_Pooling/config.json'
const PLAIN = modules('Transformer', 'Pooling')
const NORMAL = modules('Transformer', 'Pooling', 'Normalize')

describe('an embedding pools as 1_Pooling/config.json says', () => {
  test.each(NAMES)('%s', async (name) => {
    const flagged = await encoderWith({ 'modules.json': PLAIN, [POOLING]: flags(name) })
    isNear(await vectors(flagged), (text) => expected(text, [name]))
    const named = await encoderWith({ 'modules.json': PLAIN, [POOLING]: { pooling_mode: name } })
    expect(await vectors(named)).toEqual(await vectors(flagged))
  })

  test('several ways one after another, in the order of sentence-transformers', async () => {
    const files = { 'modules.json': PLAIN, [POOLING]: flags('mean', 'lasttoken', 'cls') }
    isNear(await vectors(await encoderWith(files)), (text) => expected(text, ['cls', 'mean', 'lasttoken']))
  })

  test('and normalises as modules.json says, which without the file is always', async () => {
    const given = { [POOLING]: flags('max') }
    const normal = (text: string): readonly number[] => unit(expected(text, ['max']))
    isNear(await vectors(await encoderWith({ ...given, 'modules.json': NORMAL })), normal)
    isNear(await vectors(await encoderWith(given)), normal)
  })

  test('unless an option says otherwise', async () => {
    const directory = await encoderWith({ 'modules.json': NORMAL, [POOLING]: flags('max') })
    isNear(await vectors(directory, { normalise: false }), (text) => expected(text, ['max']))
    isNear(await vectors(directory, { pooling: 'cls' }), (text) => unit(expected(text, ['cls'])))
    isNear(await vectors(directory, { pooling: ['lasttoken', 'cls'], normalise: false }), (text) =>
      expected(text, ['lasttoken', 'cls']),
    )
  })
})

test('a text is cut where sentence_bert_config.json says, unless an option does', async () => {
  const directory = await encoderWith({ 'sentence_bert_config.json': { max_seq_length: 4 } })
  const cut = async (options: EmbeddingOptions): Promise<Float32Array> =>
    (await vectors(directory, { pooling: 'mean', normalise: false, ...options }))[2]!
  const mean = (text: string): unknown => expected(text, ['mean']).map((x) => expect.closeTo(x, 5) as unknown)
  expect([...(await cut({}))]).toEqual(mean('sun stone'))
  expect([...(await cut({ maxTokens: 5 }))]).toEqual(mean('sun stone moon'))
})

test('a text is read in small letters where sentence_bert_config.json says so', async () => {
  const shouted = async (lower: boolean): Promise<readonly Float32Array[]> => {
    const settings = { max_seq_length: null, do_lower_case: lower }
    const directory = await encoderWith({ 'sentence_bert_config.json': settings })
    const found = await embedding(directory)(TEXTS.map((text) => text.toUpperCase()))()
    if (found._tag === 'Left') throw found.left
    return found.right
  }
  const plain = await vectors(await encoderWith({}))
  expect(await shouted(true)).toEqual(plain)
  expect(await shouted(false)).not.toEqual(plain)
})

describe('what is not computed here is a fault that names it', () => {
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a module', { 'modules.json': modules('Transformer', 'Pooling', 'Dense'), [POOLING]: flags('mean') }, 'Dense'],
    ['another order', { 'modules.json': modules('Transformer', 'Normalize', 'Pooling') }, 'Normalize, Pooling;'],
    ['a module of a like name', { 'modules.json': modules('Transformer', 'Pooling', 'Norm') }, 'Pooling, Norm;'],
    ['no Pooling', { 'modules.json': modules('Transformer') }, 'the modules Transformer;'],
    ['no list', { 'modules.json': { 0: 'Pooling' } }, 'no list of modules'],
    ['a list of nothing', { 'modules.json': [null] }, 'has the modules undefined'],
    ['a folder elsewhere', { 'modules.json': [{ type: 'x.Pooling', path: '../..' }] }, 'no list of modules'],
    ['a config that is missing', { 'modules.json': PLAIN }, 'config.json cannot be read'],
    ['a flag', { [POOLING]: { pooling_mode_attention: true } }, '"pooling_mode_attention"'],
    ['a name', { [POOLING]: { pooling_mode: 'attention' } }, '"attention"'],
    ['a long name', { [POOLING]: { pooling_mode: 'x'.repeat(1e6) } }, 'x…. Give pooling'],
    ['many modules', { 'modules.json': modules(...Array<string>(1e4).fill('Dense')) }, ', De…; computed here'],
    ['no name', { [POOLING]: { pooling_mode: [{ a: [] }] } }, 'pools by an object'],
    ['no way', { [POOLING]: flags() }, 'names no way'],
  ])('%s', async (_, files, words) => {
    const directory = await encoderWith(files)
    await expect(vectors(directory)).rejects.toMatchObject({
      _tag: 'EncoderInvalid',
      message: expect.stringContaining(words),
    })
    isNear(await vectors(directory, { pooling: 'mean', normalise: false }), (text) => expected(text, ['mean']))
  })
})

import { tokenMDP } from '@gfnlm/env'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { promptOf, trajectoriesOf } from '../testing/trajectories-of.ts'
import { LABELS, VOCAB, expectedLogits, expectedStates, tinyEncoder } from '../testing/tiny-encoder.ts'
import { type ClassifierOptions, classifier } from './classifier.ts'
import { type EmbeddingOptions, cosineSimilarity, embedding, semanticDiversity } from './embedding.ts'

let judge = ''
let reader = ''
beforeAll(async () => {
  judge = await tinyEncoder('logits')
  reader = await tinyEncoder('last_hidden_state')
})
afterAll(() => Promise.all([judge, reader].map((directory) => rm(directory, { recursive: true }))))

const TEXTS = ['moon star', 'sea', 'sun stone moon sea']
/** Between [CLS] and [SEP], as the tokenizer has them. */
const idsOf = (text: string): number[] => [2, ...text.split(' ').map((word) => VOCAB.indexOf(word)), 3]

describe('a classifier as a reward', () => {
  // A policy whose token i is the word 4 + i.
  const decode = (ids: Int32Array): string => Array.from(ids, (id) => VOCAB[4 + id]).join(' ')
  const mdp = tokenMDP({ terminator: 9, maxLength: 4 })
  const batch = trajectoriesOf(mdp, [promptOf('p', [1]), promptOf('q', [2])], [[[0, 1], [3]], [[2, 4, 0, 3]]])
  const ends = async (directory: string, options: ClassifierOptions): Promise<number[]> => {
    const judged = await classifier(directory, decode, options)(batch)()
    if (judged._tag === 'Left') throw judged.left
    return TEXTS.map((_, row) => judged.right.logReward[row * batch.width + batch.length[row]!]!)
  }
  const softmax = (text: string, label: number): number => {
    const logits = expectedLogits(idsOf(text))
    return logits[label]! - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
  }

  test.each([
    ['by name', { label: 'GOOD' }, (text: string) => softmax(text, 1)],
    ['by number, one text at a time', { label: 2, batch: 1 }, (text: string) => softmax(text, 2)],
    ['as its logit', { label: 'BAD', as: 'logit' as const }, (text: string) => expectedLogits(idsOf(text))[0]!],
    [
      'of another text',
      { label: 'BAD', read: ({ prompt }: { prompt: { id: string } }) => (prompt.id === 'p' ? 'sun' : 'sea') },
      (text: string) => softmax(text.includes('sun') ? 'sea' : 'sun', 0),
    ],
  ] as const)('is the log-probability of its label %s', async (_, options, expected) => {
    const found = await ends(judge, options)
    TEXTS.forEach((text, row) => expect(found[row]).toBeCloseTo(expected(text), 5))
  })

  test('takes labels that do not exclude each other one by one', async () => {
    const several = await tinyEncoder('logits', { problem_type: 'multi_label_classification' })
    const found = await ends(several, { label: 'FINE' })
    TEXTS.forEach((text, row) =>
      expect(found[row]).toBeCloseTo(-Math.log(1 + Math.exp(-expectedLogits(idsOf(text))[2]!)), 5),
    )
    await rm(several, { recursive: true })
  })

  test.each<[string, object, readonly string[]]>([
    ['num_labels', { id2label: undefined, num_labels: 3 }, ['LABEL_0', 'LABEL_1', 'LABEL_2']],
    ['id2label, in any order', { id2label: { 2: 'c', 0: 'a', 1: 'b' } }, ['a', 'b', 'c']],
  ])('has as many labels as its config.json says: %s', async (_, config, labels) => {
    const directory = await tinyEncoder('logits', config)
    for (const [i, label] of labels.entries()) {
      const found = await ends(directory, { label })
      TEXTS.forEach((text, row) => expect(found[row]).toBeCloseTo(softmax(text, i), 5))
    }
    await rm(directory, { recursive: true })
  })

  test('cuts a long text before its last special token', async () => {
    const read = () => 'moon star sun sea stone moon moon'
    const [asked] = await ends(judge, { label: 0, as: 'logit', maxTokens: 4, read })
    const [known] = await ends(judge, { label: 0, as: 'logit', read })
    expect(asked).toBeCloseTo(expectedLogits(idsOf('moon star'))[0]!, 5)
    // model_max_length of its tokenizer
    expect(known).toBeCloseTo(expectedLogits(idsOf('moon star sun sea'))[0]!, 5)
  })

  test.each([
    ['no label', {}, `Choose one of ${LABELS.join(', ')}`],
    ['a label it has not', { label: 'UGLY' }, 'no label "UGLY"'],
    ['a file that is not there', { label: 0, dtype: 'q8' as const }, 'model_quantized.onnx'],
  ])('names what is wrong: %s', async (_, options, words) => {
    await expect(ends(judge, options)).rejects.toMatchObject({
      _tag: 'EncoderInvalid',
      message: expect.stringContaining(words),
    })
  })

  test('names a model that is damaged, or of another kind', async () => {
    await expect(ends(reader, { label: 0 })).rejects.toMatchObject({
      _tag: 'EncoderInvalid',
      message: expect.stringContaining('no logits but last_hidden_state'),
    })
    const broken = await tinyEncoder('logits')
    await writeFile(join(broken, 'onnx', 'model.onnx'), 'not a model')
    await expect(ends(broken, { label: 0 })).rejects.toMatchObject({
      _tag: 'EncoderInvalid',
      message: expect.stringContaining(join(broken, 'onnx')),
    })
    await rm(broken, { recursive: true })
  })
})

describe('a classifier whose logits are not one of each label', () => {
  const decode = (): string => 'moon'
  const batch = trajectoriesOf(tokenMDP({ terminator: 9, maxLength: 4 }), [promptOf('p', [1])], [[[0], [1]]])
  const faultOf = async (directory: string): Promise<unknown> => {
    const judged = await classifier(directory, decode, { label: 0 })(batch)()
    await rm(directory, { recursive: true })
    return judged._tag === 'Left' ? judged.left : judged.right.logReward
  }
  const says = (words: string) => ({ _tag: 'EncoderInvalid', message: expect.stringContaining(words) })

  test.each([1, 2, 4])('is refused: %i names for three', async (names) => {
    const id2label = Object.fromEntries(Array.from({ length: names }, (_, i) => [i, `L${i}`]))
    expect(await faultOf(await tinyEncoder('logits', { id2label }))).toMatchObject(says('[2, 3]'))
  })

  test('is refused: two, of which nothing is said, for three', async () => {
    const fault = await faultOf(await tinyEncoder('logits', { id2label: undefined }))
    expect(fault).toMatchObject(says('not one for each label (LABEL_0, LABEL_1)'))
  })

  test.each<[string, object]>([
    ['id2label', { id2label: { 0: 'a', 2: 'b' } }],
    ['id2label', { id2label: 'a' }],
    ['num_labels', { id2label: undefined, num_labels: -1 }],
  ])('is refused by its %s: %j', async (field, config) => {
    expect(await faultOf(await tinyEncoder('logits', config))).toMatchObject({
      _tag: 'ConfigInvalid',
      detail: { field },
    })
  })

  // Three tokens and three labels: their number alone would not tell.
  test('is refused: those of tokens', async () => {
    expect(await faultOf(await tinyEncoder('logits', {}, true))).toMatchObject(says('[2, 3, 3]'))
  })
})

describe('a model that fails while it runs', () => {
  /** An encoder whose tokenizer has a word that the model has no row for. */
  const mismatched = async (output: 'logits' | 'last_hidden_state'): Promise<string> => {
    const directory = await tinyEncoder(output)
    const path = join(directory, 'tokenizer.json')
    const json = JSON.parse(await readFile(path, 'utf8')) as { model: { vocab: Record<string, number> } }
    json.model.vocab['comet'] = 99
    await writeFile(path, JSON.stringify(json))
    return directory
  }
  const failure = (directory: string) => ({
    _tag: 'EncoderInvalid',
    message: expect.stringMatching(`${join(directory, 'onnx', 'model.onnx')} could not be run on \\d texts? of`),
    detail: { path: join(directory, 'onnx', 'model.onnx') },
  })
  const mdp = tokenMDP({ terminator: 9, maxLength: 4 })
  const batch = trajectoriesOf(mdp, [promptOf('p', [1])], [[[0], [1], [2]]])

  test('is a fault of the batch, not rows that are lost', async () => {
    const directory = await mismatched('logits')
    const decode = ([id]: Int32Array): string => ['moon', 'comet', 'sea'][id!]!
    for (const size of [1, 32]) {
      const judged = await classifier(directory, decode, { label: 0, batch: size })(batch)()
      expect(judged).toMatchObject({ _tag: 'Left', left: failure(directory) })
    }
    await rm(directory, { recursive: true })
  })

  test('what fails of a text alone costs that row', async () => {
    const read = ({ text }: { readonly text: string }): string => {
      if (text === 'comet') throw new Error('it cannot be read')
      return text
    }
    const decode = ([id]: Int32Array): string => ['moon', 'comet', 'sea'][id!]!
    const judged = await classifier(judge, decode, { label: 0, read })(batch)()
    if (judged._tag === 'Left') throw judged.left
    expect([0, 1, 2].map((row) => Number.isFinite(judged.right.logReward[row * batch.width + 1]))).toEqual([
      true,
      false,
      true,
    ])
  })

  test('is a fault of an embedding', async () => {
    const directory = await mismatched('last_hidden_state')
    expect(await embedding(directory)(['moon', 'comet'])()).toMatchObject({ _tag: 'Left', left: failure(directory) })
    await rm(directory, { recursive: true })
  })
})

describe('a limit on what an encoder takes', () => {
  const withFile = async (file: string, json: object): Promise<string> => {
    const directory = await tinyEncoder('last_hidden_state')
    await writeFile(join(directory, file), JSON.stringify(json))
    return directory
  }
  const read = async (directory: string, options: EmbeddingOptions = {}) => {
    const found = await embedding(directory, options)(['moon', 'star sea'])()
    if (directory !== reader) await rm(directory, { recursive: true })
    return found
  }
  const refused = (field: string, value: unknown, least: number) => ({
    _tag: 'Left',
    left: {
      _tag: 'EncoderInvalid',
      message: expect.stringContaining(`${field} is ${JSON.stringify(value)}. It must be a whole number of at least`),
      fix: `It must be a whole number of at least ${least}`,
      detail: { field, value },
    },
  })

  test.each([-5, 0, 1, 0.5, 2, '8', true])('is refused: max_position_embeddings %j', async (value) => {
    const directory = await tinyEncoder('last_hidden_state', { max_position_embeddings: value })
    expect(await read(directory)).toMatchObject(refused('max_position_embeddings', value, 3))
  })

  test('is refused, whatever stands there: a long text, a deep list, an object', async () => {
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`
    for (const [written, says] of [
      [JSON.stringify('8'.repeat(1e6)), '"888'],
      [deep, 'a list'],
      ['{"most": 8}', 'an object'],
    ] as const) {
      const directory = await tinyEncoder('last_hidden_state')
      await writeFile(join(directory, 'sentence_bert_config.json'), `{"max_seq_length": ${written}}`)
      const found = await read(directory)
      if (found._tag === 'Right') throw new Error('it was read')
      expect(found.left.message).toContain(`max_seq_length is ${says}`)
      expect(found.left.message.length).toBeLessThan(500)
    }
  })

  test.each<[string, string, unknown]>([
    ['sentence_bert_config.json', 'max_seq_length', 0],
    ['sentence_bert_config.json', 'max_seq_length', '6'],
    ['tokenizer_config.json', 'model_max_length', 2],
    ['tokenizer_config.json', 'model_max_length', -1],
  ])('is refused: %s, %s %j', async (file, field, value) => {
    const directory = await withFile(file, { [field]: value })
    const fault = refused(field, value, 3)
    const detail = { ...fault.left.detail, path: join(directory, file) }
    expect(await read(directory)).toMatchObject({ ...fault, left: { ...fault.left, detail } })
  })

  test.each([0, -1, 2, 3.5, '8'])('is refused: maxTokens %j', async (value) => {
    expect(await read(reader, { maxTokens: value as number })).toMatchObject(refused('maxTokens', value, 3))
  })

  test.each([0, -1, 0.5, '8'])('is refused: batch %j', async (value) => {
    expect(await read(reader, { batch: value as number })).toMatchObject(refused('batch', value, 1))
  })

  test.each([{ maxTokens: NaN }, { batch: NaN }, { batch: Infinity }])('is refused: %o', async (options) => {
    const [field, value] = Object.entries(options)[0]!
    expect(await read(reader, options)).toMatchObject({
      left: { _tag: 'EncoderInvalid', message: expect.stringContaining(`${field} is ${value}`), detail: { field } },
    })
  })

  test('counts the positions before the first of RoBERTa', async () => {
    const roberta = { model_type: 'roberta', pad_token_id: 3 }
    const held = (positions: number) =>
      tinyEncoder('last_hidden_state', { ...roberta, max_position_embeddings: positions })
    expect(await read(await held(6))).toMatchObject(refused('max_position_embeddings', 6, 7))
    const least = await read(await held(7))
    // One word is left of each text.
    expect(least).toEqual(await read(reader, { maxTokens: 3 }))
  })

  test('is none where a file says null, or what transformers writes for no limit', async () => {
    const directory = await withFile('sentence_bert_config.json', { max_seq_length: null })
    const settings = JSON.parse(await readFile(join(directory, 'tokenizer_config.json'), 'utf8')) as object
    await writeFile(
      join(directory, 'tokenizer_config.json'),
      JSON.stringify({ ...settings, model_max_length: 1000000000000000019884624838656 }),
    )
    const texts = [Array.from({ length: 20 }, () => 'moon').join(' ')]
    const cut = await embedding(directory)(texts)()
    expect(cut).toEqual(await embedding(directory, { maxTokens: 8 })(texts)())
    expect(cut).not.toEqual(await embedding(directory, { maxTokens: 6 })(texts)())
    await rm(directory, { recursive: true })
  })
})

describe('an embedding', () => {
  const vectors = async (
    options: EmbeddingOptions,
    texts: readonly string[] = TEXTS,
  ): Promise<readonly Float32Array[]> => {
    const found = await embedding(reader, options)(texts)()
    if (found._tag === 'Left') throw found.left
    return found.right
  }
  const mean = (text: string): number[] => {
    const rows = expectedStates(idsOf(text))
    return rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)
  }
  const unit = (vector: readonly number[]): number[] => vector.map((x) => x / Math.hypot(...vector))
  const isNear = (found: readonly Float32Array[], expected: (text: string) => number[]): void =>
    TEXTS.forEach((text, row) => expected(text).forEach((x, i) => expect(found[row]![i]).toBeCloseTo(x, 5)))

  test('is the mean of the tokens of length 1, without padding', async () =>
    isNear(await vectors({}), (text) => unit(mean(text))))
  test('is the first token as it comes, where that is asked for', async () =>
    isNear(await vectors({ pooling: 'cls', normalise: false }), (text) => expectedStates(idsOf(text))[0]!))
  test('does not depend on what else is encoded', async () => {
    const [alone] = await vectors({}, [TEXTS[1]!])
    expect(cosineSimilarity(alone!, (await vectors({}))[1]!)).toBeCloseTo(1, 6)
    expect(await vectors({}, [])).toEqual([])
  })
  test('tells how unlike texts are', async () => {
    const [a, b, c] = await vectors({})
    const cosine = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
    expect(semanticDiversity([a!, b!, c!])).toBeCloseTo(1 - (cosine(a!, b!) + cosine(a!, c!) + cosine(b!, c!)) / 3, 5)
    expect([semanticDiversity([a!, a!]), semanticDiversity([a!])].map((x) => x + 1)).toEqual([expect.closeTo(1, 6), 1])
  })
})

import * as tf from '@tensorflow/tfjs-core'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { lora } from '../adapter/lora.ts'
import { loadPolicy } from '../from-pretrained.ts'
import { randomPolicy } from '../random-policy.ts'
import { readSafetensors } from '../safetensors/read-safetensors.ts'
import { writeSafetensors } from '../safetensors/write-safetensors.ts'
import { saveAdapter, savePretrained } from '../save-pretrained.ts'
import { apart, leftPadded, tensorsOf } from '../testing/eager.ts'
import { movedPolicy } from '../testing/moved.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, freshDirectory, leftOf, rightOf } from '../testing/small-models.ts'
import { SMALL_TOKENIZER } from '../testing/small-tokenizer.ts'
import { type Classifier, loadClassifier } from './classifier.ts'
import { scoreHead, sequenceScores } from './score-head.ts'

beforeAll(() => tf.setBackend('cpu'))

const ROWS = [[1, 2, 3], [4]]
const scoresOf = ({ policy, head }: Pick<Classifier, 'policy' | 'head'>, trainable = policy.trainable): number[][] =>
  tf.tidy(() =>
    sequenceScores(
      policy,
      tensorsOf(policy.constants),
      tensorsOf(trainable),
      tensorsOf(head),
      leftPadded(ROWS, 0),
    ).arraySync(),
  )

/** A checkpoint as transformers saves one: the decoder's tensors, no vocabulary's head, and `score.weight`. */
const checkpoint = async (config: Readonly<Record<string, unknown>>, labels: number, fields: object) => {
  const policy = rightOf(randomPolicy(config, { seed: 6, train: 'none' }))
  const head = scoreHead(policy.config.hidden, labels, { seed: 2 })
  const { 'lm_head.weight': _, ...decoder } = policy.constants
  const directory = await freshDirectory()
  rightOf(await writeSafetensors(join(directory, 'model.safetensors'), { ...decoder, ...head })())
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...config, ...fields }))
  return { directory, policy, head }
}

describe.each([
  ['LlamaForSequenceClassification', SMALL_LLAMA],
  ['GPT2ForSequenceClassification', SMALL_GPT2],
  ['Qwen2ForSequenceClassification', SMALL_FAMILIES['Qwen 2']!],
])('%s', (architecture, config) => {
  const reward = { architectures: [architecture], id2label: { 0: 'reward' } }

  it.each([
    [1, ['reward'], { id2label: { 0: 'reward' } }],
    [3, ['bad', 'fair', 'good'], { id2label: { 0: 'bad', 1: 'fair', 2: 'good' } }],
    [2, ['LABEL_0', 'LABEL_1'], {}],
  ])('of %i labels loads with its head', async (count, labels, fields) => {
    const { directory, policy, head } = await checkpoint(config, count, { architectures: [architecture], ...fields })
    const loaded = rightOf(await loadClassifier(directory)())
    expect(loaded.labels).toEqual(labels)
    expect(loaded.head).toEqual(head)
    expect(scoresOf(loaded)).toEqual(scoresOf({ policy, head }))
  })

  it('learns as any policy does: with an adapter, or all of it without the head', async () => {
    const { directory } = await checkpoint(config, 1, reward)
    const adapted = rightOf(await loadClassifier(directory, { adapter: lora({ r: 2 }) })())
    expect(Object.keys(adapted.policy.trainable).every((name) => name.includes('.lora_'))).toBe(true)
    expect(scoresOf(adapted)).toEqual(scoresOf(rightOf(await loadClassifier(directory)())))
    const whole = rightOf(await loadClassifier(directory, { train: 'all' })())
    expect(Object.keys(whole.policy.trainable)).toContain(`${whole.policy.config.names.finalNorm}.weight`)
    expect(Object.keys(whole.policy.trainable)).not.toContain('score.weight')
  })

  it('is what a policy is saved as with a score head, its adapter merged', async () => {
    const policy = rightOf(
      randomPolicy(
        { ...config, architectures: [architecture.replace('ForSequenceClassification', 'ForCausalLM')] },
        { seed: 8, adapter: lora({ r: 2 }) },
      ),
    )
    const trained = Object.fromEntries(
      Object.entries(policy.trainable).map(([name, tensor]) => [
        name,
        { ...tensor, data: Float32Array.from(tensor.data, (value, i) => value + 0.1 * Math.cos(i)) },
      ]),
    )
    const head = scoreHead(policy.config.hidden, 3)
    const directory = await freshDirectory()
    rightOf(await savePretrained(policy, trained, directory, { score: head })())
    const json = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as Record<string, unknown>
    expect(json).toMatchObject({
      architectures: [architecture],
      id2label: { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2' },
      label2id: { LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 },
    })
    expect(Object.keys(rightOf(await readSafetensors(join(directory, 'model.safetensors'))()))).not.toContain(
      'lm_head.weight',
    )
    const loaded = rightOf(await loadClassifier(directory)())
    expect(apart(scoresOf(loaded), scoresOf({ policy, head }, trained))).toBeLessThan(2e-5)
  })
})

// transformers refuses batches of a classifier whose config.json has no pad_token_id.
it.each([
  ['pad_token', 3, { pad_token: 'c', eos_token: 'd' }, {}],
  ['eos_token', 4, { eos_token: 'd' }, {}],
  ['config.json', 5, { pad_token: 'c' }, { pad_token_id: 5 }],
])('a classifier is saved with the token to pad with of %s', async (_, pad, settings, fields) => {
  const from = await freshDirectory()
  const config = { ...SMALL_LLAMA, ...fields }
  rightOf(await savePretrained(rightOf(randomPolicy(config, { seed: 8 })), null, from)())
  await writeFile(join(from, 'tokenizer.json'), JSON.stringify(SMALL_TOKENIZER))
  await writeFile(join(from, 'tokenizer_config.json'), JSON.stringify(settings))
  const policy = rightOf(await loadPolicy(from)())
  const directory = await freshDirectory()
  rightOf(await savePretrained(policy, null, directory, { score: scoreHead(policy.config.hidden, 1) })())
  expect(JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'))).toMatchObject({ pad_token_id: pad })
})

describe('a checkpoint', () => {
  it.each([
    ['id2label', { id2label: { 0: 'a', 2: 'b' } }],
    ['id2label', { id2label: {} }],
    ['id2label', { id2label: 7 }],
    ['num_labels', { num_labels: 0 }],
    ['num_labels', { num_labels: 1e12 }],
  ])('is refused for its %s', async (field, fields) => {
    const { directory } = await checkpoint(SMALL_LLAMA, 2, fields)
    expect(leftOf(await loadClassifier(directory)())).toMatchObject({ _tag: 'ConfigInvalid', detail: { field } })
  })

  it('must have as many scores as labels', async () => {
    const { directory } = await checkpoint(SMALL_LLAMA, 2, { num_labels: 3 })
    expect(leftOf(await loadClassifier(directory)())).toMatchObject({
      _tag: 'WeightsShape',
      detail: { tensor: 'score.weight' },
    })
  })

  it("of a language model is no classifier, and one of a classifier has no vocabulary's head", async () => {
    const policy = rightOf(randomPolicy(SMALL_LLAMA, { seed: 6 }))
    const plain = await freshDirectory()
    rightOf(await savePretrained(policy, null, plain)())
    expect(leftOf(await loadClassifier(plain)())).toMatchObject({
      _tag: 'WeightsMissing',
      detail: { tensor: 'score.weight' },
    })

    const { directory } = await checkpoint(SMALL_LLAMA, 2, {})
    expect(leftOf(await loadPolicy(directory)())).toMatchObject({
      _tag: 'WeightsMissing',
      detail: { tensor: 'lm_head.weight' },
    })
    const classifier = rightOf(await loadClassifier(directory)())
    expect(leftOf(await savePretrained(classifier.policy, null, directory)())).toMatchObject({
      _tag: 'WeightsMissing',
    })
  })
})

describe('the adapter of a classifier, with its score head', () => {
  const saved = async (fields: object) => {
    const policy = movedPolicy(SMALL_LLAMA)
    const [model, adapter] = [await freshDirectory(), await freshDirectory()]
    const head = scoreHead(policy.config.hidden, 3, { seed: 5 })
    rightOf(await savePretrained({ ...policy, configJson: { ...policy.configJson, ...fields } }, null, model)())
    rightOf(await saveAdapter(policy, policy.trainable, adapter, { score: head })())
    return { policy, model, adapter, head }
  }

  it('makes a classifier of a language model', async () => {
    const { policy, model, adapter, head } = await saved({})
    const loaded = rightOf(await loadClassifier(model, { adapter })())
    expect(loaded.labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2'])
    expect(loaded.head).toEqual(head)
    expect(scoresOf(loaded)).toEqual(scoresOf({ policy, head }))
    expect(apart(scoresOf(loaded), scoresOf(loaded, {}))).toBeGreaterThan(0.01)
  })

  it('takes the place of the head that a classifier has, and must have as many labels as it names', async () => {
    const { policy, adapter, head } = await saved({})
    const { directory } = await checkpoint(SMALL_LLAMA, 3, { id2label: { 0: 'a', 1: 'b', 2: 'c' } })
    const loaded = rightOf(await loadClassifier(directory, { adapter })())
    expect(loaded).toMatchObject({ head, labels: ['a', 'b', 'c'] })
    expect(Object.keys(loaded.policy.constants)).toEqual(
      Object.keys(policy.constants).filter((name) => name !== 'lm_head.weight'),
    )
    const { model } = await saved({ num_labels: 2 })
    expect(leftOf(await loadClassifier(model, { adapter })())).toMatchObject({
      _tag: 'ConfigInvalid',
      detail: { field: 'num_labels' },
    })
  })
})

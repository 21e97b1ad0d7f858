import * as tf from '@tensorflow/tfjs-core'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { savePretrained } from '../save-pretrained.ts'
import { apart, leftPadded, tensorsOf } from '../testing/eager.ts'
import { movedPolicy } from '../testing/moved.ts'
import { peerProcess } from '../testing/peer-process.ts'
import { SMALL_FAMILIES, SMALL_GPT2, SMALL_LLAMA, freshDirectory, rightOf } from '../testing/small-models.ts'
import { type Classifier, loadClassifier } from './classifier.ts'
import { scoreHead, sequenceScores } from './score-head.ts'

const PYTHON = process.env['GFNLM_PYTHON']
const { ask, close } = peerProcess<number[][]>(
  PYTHON ?? 'python3',
  'scores.py',
  fileURLToPath(new URL('../../../../peers/transformers', import.meta.url)),
)

beforeAll(() => tf.setBackend('cpu'))
afterAll(close)

const PAD = 10
const rows = [[1, 2, 3, 4, 5, 9], [7], [0, 8, 8]]
const scoresOf = ({ policy, head }: Pick<Classifier, 'policy' | 'head'>): number[][] =>
  tf.tidy(() =>
    sequenceScores(
      policy,
      tensorsOf(policy.constants),
      tensorsOf(policy.trainable),
      tensorsOf(head),
      leftPadded(rows, PAD),
    ).arraySync(),
  )

describe.skipIf(PYTHON === undefined)('transformers (GFNLM_PYTHON=a Python that has it)', () => {
  it.each([
    ['Llama', SMALL_LLAMA, 1],
    ['GPT-2', SMALL_GPT2, 3],
    ['Qwen 2', SMALL_FAMILIES['Qwen 2']!, 2],
    ['Mistral', SMALL_FAMILIES['Mistral']!, 1],
    ['Gemma 2', SMALL_FAMILIES['Gemma 2']!, 2],
  ])('scores as a %s with a head does, and writes what is read here', async (_, config, labels) => {
    const policy = movedPolicy(config)
    const head = scoreHead(policy.config.hidden, labels, { seed: 2 })
    const model = await freshDirectory()
    const again = join(model, 'again')
    rightOf(await savePretrained(policy, policy.trainable, model, { score: head })())
    const theirs = await ask({ model, rows, pad: PAD, again })
    expect(theirs[0]).toHaveLength(labels)
    expect(apart(scoresOf({ policy, head }), theirs)).toBeLessThan(2e-5)
    const loaded = rightOf(await loadClassifier(again)())
    expect(loaded.labels).toHaveLength(labels)
    expect(apart(scoresOf(loaded), theirs)).toBeLessThan(2e-5)
  })
})

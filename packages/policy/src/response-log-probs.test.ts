import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { labelledLogProbs, responseLogProbs } from './response-log-probs.ts'

await tf.setBackend('cpu')

const LOGITS = [
  [0.1, 0.7, -0.2],
  [1.2, -0.5, 0.3],
  [-0.4, 0.9, 0.6],
]
const logits = tf.tensor3d([LOGITS])

const logSoftmax = (row: readonly number[], temperature = 1): number[] => {
  const z = row.map((x) => x / temperature)
  const total = Math.log(z.reduce((sum, x) => sum + Math.exp(x), 0))
  return z.map((x) => x - total)
}

test('the logits before a token score it, at the temperature', () => {
  const response = tf.tensor2d([[2, 0]], undefined, 'int32')
  const found = responseLogProbs(logits, response, { contextLength: 2, temperature: 0.7 }).dataSync()
  expect(found[0]).toBeCloseTo(logSoftmax(LOGITS[1], 0.7)[2], 6)
  expect(found[1]).toBeCloseTo(logSoftmax(LOGITS[2], 0.7)[0], 6)
  expect(() => responseLogProbs(logits, response, { contextLength: 2, temperature: 0 })).toThrow('above 0, found 0')
})

test('what is not labelled is neither scored nor counted', () => {
  const { logProb, mask } = labelledLogProbs(logits, tf.tensor2d([[1, -100, 2]], undefined, 'int32'))
  expect([...mask.dataSync()]).toEqual([0, 1])
  expect([...logProb.dataSync()]).toEqual([0, expect.closeTo(logSoftmax(LOGITS[1])[2], 6)])
})

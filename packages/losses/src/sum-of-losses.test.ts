import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { sequenceMean, tokenMean } from './sharing.ts'
import { sumOfLosses } from './sum-of-losses.ts'
import { type Terms, reduce, selfNormalised } from './terms.ts'

await tf.setBackend('cpu')

const mask = tf.tensor2d([
  [1, 1, 0],
  [1, 0, 0],
])
const tokens: Terms = {
  terms: tf.tensor2d([
    [1, 2, 9],
    [4, 9, 9],
  ]),
  ...tokenMean(mask),
  metrics: { a: tf.scalar(1) },
}
const rows: Terms = { terms: tf.tensor1d([5, 7]), ...sequenceMean(tf.ones([2])), metrics: { b: tf.scalar(2) } }
const weight = tf.tensor1d([1, 3])

test('is the sum of the losses, under any weights and either reducer', () => {
  const sum = sumOfLosses([
    [1, tokens],
    [0.1, rows],
  ])
  const lossOf = (terms: Terms): number => reduce(terms, weight).dataSync()[0]
  expect(lossOf(sum)).toBeCloseTo(lossOf(tokens) + 0.1 * lossOf(rows), 6)
  expect(tf.sum(sum.share).dataSync()[0]).toBeCloseTo(1, 6)
  const even = reduce(sum, tf.tensor1d([2, 2]), selfNormalised).dataSync()[0]
  expect(even).toBeCloseTo(reduce(sum, tf.ones([2])).dataSync()[0], 6)
  expect(sum.mass.dataSync()[0]).toBe(3)
  expect(Object.keys(sum.metrics)).toEqual(['a', 'b'])
})

test('of one loss is that loss, to the bit', () => {
  expect(reduce(sumOfLosses([[1, tokens]]), weight).dataSync()[0]).toBe(reduce(tokens, weight).dataSync()[0])
})

test('of nothing, or of other rows, is an error', () => {
  expect(() => sumOfLosses([])).toThrow('sumOfLosses: there is nothing to sum')
  const other = { ...rows, terms: tf.tensor1d([1, 2, 3]) }
  expect(() =>
    sumOfLosses([
      [1, tokens],
      [1, other],
    ]),
  ).toThrow('loss 1 has 3 rows, and the first has 2')
})

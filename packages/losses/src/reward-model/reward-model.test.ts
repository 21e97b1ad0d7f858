import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Terms, reduce } from '../terms.ts'
import { inFloat64 } from '../testing/float64.ts'
import { between } from '../testing/rows.ts'
import { bradleyTerry } from './bradley-terry.ts'
import { processReward } from './process-reward.ts'
import { rewardClassification } from './reward-classification.ts'
import { rewardRegression } from './reward-regression.ts'

await tf.setBackend('cpu')

const lossOf = (terms: Terms): number => reduce(terms, tf.ones([terms.terms.shape[0]!])).dataSync()[0]!
const row = (x: number): tf.Tensor1D => tf.tensor1d([x])

test('preferences say nothing about the mean of scores, centring does', () => {
  fc.assert(
    fc.property(between(-3, 3), between(-3, 3), between(-9, 9), (chosen, rejected, shift) =>
      inFloat64(() => {
        const pair = { chosen: row(chosen), rejected: row(rejected) }
        const moved = { chosen: row(chosen + shift), rejected: row(rejected + shift) }
        expect(lossOf(bradleyTerry()(moved))).toBeCloseTo(lossOf(bradleyTerry()(pair)), 12)
        const slope = (s: tf.Tensor): tf.Tensor =>
          bradleyTerry({ centring: 0.1 })({ chosen: tf.add(pair.chosen, s), rejected: tf.add(pair.rejected, s) }).terms
        expect(tf.grad(slope)(tf.scalar(shift)).dataSync()[0]).toBeCloseTo(0.4 * (chosen + rejected + 2 * shift), 9)
      }),
    ),
    { numRuns: 20 },
  )
})

test('a far lead costs nothing, a far lag its length, in fp32 and without an infinity', () => {
  const at = (chosen: number): number => lossOf(bradleyTerry()({ chosen: row(chosen), rejected: row(0) }))
  expect([at(1e4), at(-1e4)]).toEqual([0, 1e4])
})

test('a tie is wrong, or left out', () => {
  const { metrics } = bradleyTerry()({ chosen: tf.tensor1d([1, 2, 3]), rejected: tf.tensor1d([0, 2, 4]) })
  expect(metrics['accuracy']!.dataSync()[0]).toBeCloseTo(1 / 3, 6)
  expect(metrics['accuracy_without_ties']!.dataSync()[0]).toBe(0.5)
})

test('a label is the probability that its score learns', () => {
  const slope = tf.grad((score) => rewardClassification()({ score: score as tf.Tensor1D, label: row(0.8) }).terms)
  expect(slope(row(Math.log(4))).dataSync()[0]).toBeCloseTo(0, 6)
  expect(lossOf(rewardClassification()({ score: row(-200), label: row(1) }))).toBe(200)
  expect(lossOf(rewardClassification()({ score: row(200), label: row(1) }))).toBeCloseTo(0, 9)
})

test('ratings are the scores that are learned', () => {
  expect(lossOf(rewardRegression()({ score: tf.tensor1d([1, 4]), target: tf.tensor1d([1, 1]) }))).toBe(4.5)
})

test('labels may come as integers, and a class ruled out is no NaN for the others', () => {
  const logits = tf.tensor3d([
    [
      [0, -Infinity],
      [5, 5],
    ],
  ])
  expect(lossOf(processReward()({ logits, label: tf.tensor2d([[0, -100]], [1, 2], 'int32') }))).toBeCloseTo(0, 9)
})

test('a label that is no class is no step', () => {
  const logits = tf.tensor3d([[[1, 0], [2, 5], [NaN, 1]]]) // prettier-ignore
  const { metrics, ...terms } = processReward()({ logits, label: tf.tensor2d([[0, -100, 2]], [1, 3], 'int32') })
  expect(lossOf({ ...terms, metrics })).toBeCloseTo(Math.log1p(Math.exp(-1)), 6)
  expect([metrics['steps'], metrics['accuracy'], terms.mass].map((x) => x!.dataSync()[0])).toEqual([1, 1, 1])
})

test('scores without bound have a loss with one, and no gradient that is not a number', () => {
  const loss = (s: tf.Tensor): tf.Tensor =>
    bradleyTerry()({ chosen: s as tf.Tensor1D, rejected: tf.neg(s as tf.Tensor1D) }).terms
  for (const x of [Infinity, -Infinity]) {
    expect(Number.isFinite(loss(row(x)).dataSync()[0])).toBe(true)
    expect(Number.isFinite(tf.grad(loss)(row(x)).dataSync()[0])).toBe(true)
  }
})

test('a centring that is none is refused', () => {
  expect(() => bradleyTerry({ centring: -1 })).toThrow('bradleyTerry: centring must be at least 0, found -1')
})

import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { expectedReward } from './policy-gradient/expected-reward.ts'
import { reinforce } from './policy-gradient/reinforce.ts'
import { rloo } from './policy-gradient/rloo.ts'
import { clippedValueLoss, squaredValueLoss } from './policy-gradient/value-loss.ts'
import { aStarPo } from './preference/a-star-po.ts'
import { bradleyTerry } from './reward-model/bradley-terry.ts'
import { rewardRegression } from './reward-model/reward-regression.ts'
import { type Terms, reduce } from './terms.ts'

await tf.setBackend('cpu')

const one = (x: number): tf.Tensor1D => tf.tensor1d([x])
const cell = (x: number): tf.Tensor2D => tf.tensor2d([[x]])

/** The derivative of a loss of one row in an input that is all of a number. */
const slope = (loss: (x: tf.Tensor1D) => Terms, at: number): number =>
  tf
    .grad((x) => reduce(loss(x as tf.Tensor1D), tf.ones([1])))(one(at))
    .dataSync()[0]

const byCell = (x: tf.Tensor1D): tf.Tensor2D => tf.reshape(x, [1, 1])
const state = { oldValue: cell(0), mask: cell(1) }
const token = { oldLogProb: cell(-1), mask: cell(1) }
const pair = { referenceLogProb: one(-1), value: one(1e6) }

/** What each learns from a reward, return, target or advantage r, beside its derivative by hand. */
const LOSSES: Readonly<Record<string, readonly [(r: number) => number, (r: number) => number]>> = {
  rewardRegression: [(r) => slope((score) => rewardRegression()({ score, target: one(r) }), 0), (r) => -2 * r],
  squaredValueLoss: [
    (r) => slope((value) => squaredValueLoss()({ ...state, value: byCell(value), returns: cell(r) }), 0),
    (r) => -2 * r,
  ],
  clippedValueLoss: [
    (r) => slope((value) => clippedValueLoss()({ ...state, value: byCell(value), returns: cell(r) }), 0),
    (r) => -r,
  ],
  aStarPo: [
    (r) => slope((logProb) => aStarPo({ beta: 1 })({ ...pair, logProb, reward: one(r) }), -1),
    (r) => -2 * (r - 1e6),
  ],
  reinforce: [
    (r) => slope((logProb) => reinforce()({ ...token, logProb: byCell(logProb), advantage: one(r) }), -1),
    (r) => -r,
  ],
  rloo: [(r) => slope((logProb) => rloo()({ ...token, logProb: byCell(logProb), advantage: one(r) }), -1), (r) => -r],
  expectedReward: [
    (r) =>
      slope((z) => {
        const logits: tf.Tensor2D = tf.concat([byCell(z), cell(0)], 1)
        return expectedReward()({ logits, reward: tf.tensor2d([[r, 0]]) })
      }, 0),
    (r) => -r / 4,
  ],
  'bradleyTerry, margin': [
    (r) => slope((s) => bradleyTerry()({ chosen: s, rejected: one(0), margin: one(r) }), 0),
    () => -1,
  ],
}

test.each(Object.entries(LOSSES))('%s learns from rewards in any unit', (_, [learned, expected]) => {
  for (const r of [2e6, 9e9, 1e12]) expect(learned(r) / expected(r)).toBeCloseTo(1, 5)
  for (const r of [Infinity, -Infinity]) expect(Math.abs(learned(r))).toBe(0)
})

test('no loss of a row that is ruled out by its reward is past what fp32 holds', () => {
  for (const r of [Infinity, -Infinity, 3e38]) {
    const { terms } = rewardRegression()({ score: one(-r), target: one(r) })
    expect(tf.mul(terms, 1e6).dataSync()[0]).toBeLessThan(Infinity)
  }
})

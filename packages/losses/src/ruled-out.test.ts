import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { generalisedKnowledgeDistillation } from './distillation/generalised-knowledge-distillation.ts'
import { entropyOf } from './policy-gradient/entropy.ts'
import { expectedReward } from './policy-gradient/expected-reward.ts'
import { gdpoAdvantages, weightedRewards } from './policy-gradient/gdpo-advantages.ts'
import { reinforce } from './policy-gradient/reinforce.ts'
import { rloo } from './policy-gradient/rloo.ts'
import { clippedValueLoss, squaredValueLoss } from './policy-gradient/value-loss.ts'
import { aStarPo, optimalValue } from './preference/a-star-po.ts'
import { logCollision } from './preference/wpo.ts'
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

const [BOTH_OUT, ONE_SURE] = [
  [-Infinity, -Infinity],
  [Infinity, 1],
].map((z) => tf.tensor3d([[z]]))

test('the entropy and the collision of no token at all are those of an even choice, and of a sure one 0', () => {
  for (const [of, even] of [
    [entropyOf, Math.LN2],
    [logCollision, -Math.LN2],
  ] as const) {
    // prettier-ignore
    expect(of(BOTH_OUT).dataSync()[0]).toBeCloseTo(even, 6)
    expect(of(ONE_SURE).dataSync()[0]).toBeCloseTo(0, 6)
    for (const z of [BOTH_OUT, ONE_SURE]) expect([...tf.grad((x) => of(x as tf.Tensor3D))(z).dataSync()].map(Math.abs)).toEqual([0, 0]) // prettier-ignore
    expect(of(tf.tensor3d([[[NaN, 1]]])).dataSync()[0]).toBeNaN()
  }
})

test.each([0, 0.5, 1])('distillation, β %d, learns nothing where student or teacher excludes every token', (beta) => {
  const plain = tf.tensor3d([[[0.3, -0.2]]])
  const at = (student: tf.Tensor3D, teacher: tf.Tensor3D): tf.Tensor =>
    generalisedKnowledgeDistillation({ beta })({ student, teacher, mask: cell(1) }).terms
  for (const [student, teacher] of [
    [BOTH_OUT, plain],
    [plain, BOTH_OUT],
    [BOTH_OUT, BOTH_OUT],
  ]) {
    // prettier-ignore
    const { value, grad } = tf.valueAndGrad((x) => at(x as tf.Tensor3D, teacher))(student)
    expect(value.dataSync()[0]).toBeLessThan(1)
    expect([...grad.dataSync()].map(Math.abs)).toEqual([0, 0])
  }
  for (const [student, teacher] of [
    [ONE_SURE, plain],
    [plain, ONE_SURE],
  ]) {
    // prettier-ignore
    const { value, grad } = tf.valueAndGrad((x) => at(x as tf.Tensor3D, teacher))(student)
    expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true)
  }
})

test('the optimal value of infinite rewards is the greatest, of some that are worth nothing that of the others', () => {
  const rewards = [[-Infinity, -Infinity], [Infinity, 1], [-Infinity, 1], [NaN, 1]] // prettier-ignore
  const [none, most, half, unknown] = optimalValue(tf.tensor2d(rewards), 0.5).dataSync()
  expect([none, most, unknown]).toEqual([-Infinity, Infinity, NaN])
  expect(half).toBeCloseTo(1 - 0.5 * Math.LN2, 6)
})

test('the weight of a reward function is a number', () => {
  for (const wrong of [NaN, Infinity])
    for (const weigh of [weightedRewards, (rewards: number[][], w: number[]) => gdpoAdvantages(rewards, w, [0, 0])])
      expect(() => weigh([[1, 2]], [wrong])).toThrow(`weights[0] must be a finite number, found ${wrong}`)
})

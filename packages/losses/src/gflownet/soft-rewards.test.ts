import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { reduce } from '../terms.ts'
import { inFloat64 } from '../testing/float64.ts'
import { THREE, tensorsOf } from './batch.test.fixture.ts'
import { logPartitionVariance } from './log-partition-variance.ts'
import { softPolicyGradient } from './soft-policy-gradient.ts'
import { actionsOf, estimatedValues, softAdvantages, softRewards } from './soft-rewards.ts'
import { terminationValues } from './termination-values.ts'

const batch = tensorsOf(THREE)

test('what a trajectory earns in all is log R − log P_F', () => {
  const { logPF, logReward } = terminationValues(batch)
  const earned = tf.sum(softRewards(batch), 1).dataSync()
  tf.sub(logReward, logPF)
    .dataSync()
    .forEach((x, row) => expect(earned[row]).toBeCloseTo(x, 5))
})

test('without values λ = 1 is the reward to go, and λ = 0 what the action itself earns', () => {
  const [, second] = softRewards(batch).arraySync()
  const ahead = second.map((_, t) => second.slice(t).reduce((a, b) => a + b, 0))
  softAdvantages()(batch)
    .arraySync()[1]
    .forEach((x, t) => expect(x).toBeCloseTo(t <= 2 ? ahead[t] : 0, 5))
  expect(softAdvantages({ lambda: 0 })(batch).arraySync()[1]).toEqual(second)
  expect(() => softAdvantages({ lambda: 1.5 })).toThrow('lambda must be in [0, 1], found 1.5')
})

test('actions are the tokens and then the terminator', () => {
  const { logProb, mask } = actionsOf(batch)
  const expected = [-0.239934, -0.367123, -2.210147, 0, 0]
  logProb.arraySync()[1].forEach((x, t) => expect(x).toBeCloseTo(expected[t], 6))
  expect(mask.arraySync()[1]).toEqual([1, 1, 1, 0, 0])
})

test('with estimated values it is half of VarGrad, in the gradient of every action', () => {
  inFloat64(() => {
    const given = tensorsOf(THREE)
    const loss =
      (values: boolean) =>
      (x: tf.Tensor): tf.Scalar => {
        const moved = { ...given, logPF: x as tf.Tensor2D }
        return values
          ? reduce(softPolicyGradient()({ ...moved, values: estimatedValues(moved) }), tf.ones([3]))
          : reduce(logPartitionVariance()(moved), tf.ones([3]))
      }
    const [found, expected] = [true, false].map((values) => [...tf.grad(loss(values))(given.logPF).dataSync()])
    found.forEach((g, i) => expect(g).toBeCloseTo(expected[i] / 2, 12))
  })
})

// The tree of ⊤, a⊤ and aa (a forced leaf): two logits of stopping are the whole policy.
const LOG_REWARD = [0.4, -1.1, 0.8]

const scores = (logits: tf.Tensor): { readonly logPF: tf.Tensor2D; readonly logPTerm: tf.Tensor2D } => {
  const padded = (x: tf.Tensor): tf.Tensor2D => tf.tile(tf.reshape(tf.concat([x, tf.zeros([1])]), [1, 3]), [3, 1])
  const logSigmoid = (x: tf.Tensor): tf.Tensor => tf.neg(tf.softplus(tf.neg(x)))
  return { logPTerm: padded(logSigmoid(logits)), logPF: padded(logSigmoid(tf.neg(logits))) }
}

const tree = (logits: tf.Tensor) => ({
  ...scores(logits),
  logReward: tf.tile(tf.tensor2d([LOG_REWARD]), [3, 1]) as tf.Tensor2D,
  valid: tf.tensor2d([
    [1, 0, 0],
    [1, 1, 0],
    [1, 1, 1],
  ]),
  keep: tf.ones<tf.Rank.R1>([3]),
})

test.each([1, 0.7])('its expected gradient is that of KL(P_F ‖ R / Z) at λ = 1, and only there: λ = %d', (lambda) => {
  inFloat64(() => {
    const logits = tf.tensor1d([0.3, -0.6])
    const logPF = terminationValues(tree(logits)).logPF
    // Each completion as often as the policy draws it.
    const weight = tf.mul<tf.Tensor1D>(3, tf.exp(logPF))
    const expected = tf.grad((x) => {
      const { logPF: now } = terminationValues(tree(x))
      return tf.sum(tf.mul(tf.exp(now), tf.sub(now, tf.tensor1d(LOG_REWARD))))
    })(logits)
    const found = tf.grad((x) => reduce(softPolicyGradient({ lambda })(tree(x)), weight))(logits)
    const gap = tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]
    expect(gap < 1e-12).toBe(lambda === 1)
  })
})

import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reduce } from '../terms.ts'
import { inFloat64 } from '../testing/float64.ts'
import { many } from '../testing/rows.ts'
import { expectedReward, rewardMoments } from './expected-reward.ts'
import { groupAdvantages } from './group-advantages.ts'
import { grpo } from './grpo.ts'
import { leaveOneOut } from './leave-one-out.ts'
import type { PolicyGradientLoss } from './policy-gradient.ts'
import { ppoPolicy } from './ppo.ts'
import { reinforce } from './reinforce.ts'
import { rloo } from './rloo.ts'

await tf.setBackend('cpu')

// A policy over three tokens and two steps, with logits of their own after every prefix: nine completions.
const VOCAB = 3
const COMPLETIONS = Array.from({ length: VOCAB * VOCAB }, (_, y) => [Math.floor(y / VOCAB), y % VOCAB] as const)
const STATES = 1 + VOCAB

/** [completions, 2] log-probabilities of both tokens. */
const tokenLogProbs = (logits: tf.Tensor2D): tf.Tensor2D => {
  const logP = tf.reshape(tf.logSoftmax(logits), [STATES * VOCAB])
  const ids = COMPLETIONS.map(([a, b]) => [a, (1 + a) * VOCAB + b])
  return tf.reshape(tf.gather(logP, tf.tensor1d(ids.flat(), 'int32')), [COMPLETIONS.length, 2])
}

const gradientOf = (loss: (logits: tf.Tensor2D) => tf.Scalar, logits: readonly number[]): number[] => {
  const at = tf.tensor2d([...logits], [STATES, VOCAB], 'float32')
  return [
    ...tf
      .grad((x) => loss(x as tf.Tensor2D))(at)
      .dataSync(),
  ]
}

const outcomes = (logits: tf.Tensor2D): tf.Tensor2D => tf.expandDims(tf.sum(tokenLogProbs(logits), 1), 0)
const rewardRow = (reward: readonly number[]): tf.Tensor2D => tf.tensor2d([[...reward]], undefined, 'float32')

/** The gradient of the expected reward, sign as in a loss. */
const exact = (logits: readonly number[], reward: readonly number[]): number[] =>
  gradientOf((x) => reduce(expectedReward()({ logits: outcomes(x), reward: rewardRow(reward) }), tf.ones([1])), logits)

const probabilities = (logits: readonly number[]): number[] => {
  const at = tf.tensor2d([...logits], [STATES, VOCAB], 'float32')
  return [...tf.exp(tf.sum(tokenLogProbs(at), 1)).dataSync()]
}

/** What a loss's gradient is on average over all groups of two completions, each drawn by the policy. */
const averaged = (
  loss: PolicyGradientLoss,
  logits: readonly number[],
  reward: readonly number[],
  advantages: (rewards: readonly number[], group: readonly number[]) => Float64Array,
): number[] => {
  const p = probabilities(logits)
  const pairs = p.flatMap((_, i) => p.map((_, j) => [i, j] as const))
  const rows = pairs.flat()
  const group = rows.map((_, row) => Math.floor(row / 2))
  const advantage = advantages(
    rows.map((y) => reward[y]),
    group,
  )
  const weight = pairs.flatMap(([i, j]) => [p[i] * p[j], p[i] * p[j]]).map((w) => w * pairs.length)
  const batch = (x: tf.Tensor2D) => ({
    logProb: tf.gather(tokenLogProbs(x), tf.tensor1d(rows, 'int32')),
    advantage: tf.tensor1d([...advantage], 'float32'),
    mask: tf.ones([rows.length, 2]) as tf.Tensor2D,
  })
  return gradientOf((x) => reduce(loss(batch(x)), tf.tensor1d(weight, 'float32')), logits)
}

const logitsOf = many(STATES * VOCAB, -2, 2)
const rewardOf = many(COMPLETIONS.length, -1, 1)

const same = (found: readonly number[], wanted: readonly number[]): void =>
  wanted.forEach((g, i) => expect(found[i]).toBeCloseTo(g, 10))

type Numbers = readonly number[]

test.each([
  ['REINFORCE', reinforce(), (r: Numbers) => Float64Array.from(r), 1],
  ['REINFORCE with a constant baseline', reinforce(), (r: Numbers) => Float64Array.from(r, (x) => x - 0.3), 1],
  ['RLOO', reinforce(), leaveOneOut, 1],
  ["TRL's RLOO before the first update", rloo(), leaveOneOut, 1],
  // A completion in its own mean takes (n − 1) / n off; the mean over two tokens halves.
  ['GRPO without a scale', grpo(), (r: Numbers, g: Numbers) => groupAdvantages(r, g, { scale: 'none' }), 4],
  ['PPO', ppoPolicy(), leaveOneOut, 2],
] as const)('%s is the gradient of the expected reward on average', (_, loss, advantages, factor) => {
  fc.assert(
    fc.property(logitsOf, rewardOf, (logits, reward) =>
      inFloat64(() =>
        same(
          averaged(loss, logits, reward, advantages).map((g) => g * factor),
          exact(logits, reward),
        ),
      ),
    ),
    { numRuns: 3 },
  )
})

test('the gradient is bounded by the deviation of the reward: where answers are worth alike nothing is learned', () => {
  fc.assert(
    fc.property(logitsOf, rewardOf, (logits, reward) => {
      const norm = Math.hypot(...exact(logits, reward))
      const at = tf.tensor2d(logits, [STATES, VOCAB])
      const deviation = rewardMoments({ logits: outcomes(at), reward: rewardRow(reward) }).deviation.dataSync()[0]
      const steps = 2
      expect(norm).toBeLessThanOrEqual(Math.sqrt(steps) * deviation + 1e-6)
      expect(norm).toBeLessThanOrEqual(6 * steps * deviation ** (2 / 3) + 1e-6)
    }),
    { numRuns: 300 },
  )
})

test('the gradient of the expected reward is p (r − V), answers that cannot be given included', () => {
  const logits = tf.tensor2d([[0.3, -0.2, -Infinity, 1.1]])
  const reward = rewardRow([1, -1, 5, -1])
  const [value] = rewardMoments({ logits, reward }).mean.dataSync()
  const p = [...tf.softmax(logits).dataSync()]
  const loss = (x: tf.Tensor): tf.Scalar => reduce(expectedReward()({ logits: x as tf.Tensor2D, reward }), tf.ones([1]))
  const gradient = [...tf.grad(loss)(logits).dataSync()]
  p.forEach((each, y) => expect(gradient[y]).toBeCloseTo(-each * ([1, -1, 5, -1][y] - value), 6))
})

test('an answer that cannot be given may be infinitely bad', () => {
  const logits = tf.tensor2d([[0.3, -Infinity, 1.1]])
  const of = (reward: readonly number[]) => (x: tf.Tensor) =>
    expectedReward()({ logits: x as tf.Tensor2D, reward: rewardRow(reward) })
  const [bad, any] = [-Infinity, 7].map((r) => of([1, r, -1]))
  expect(bad(logits).terms.dataSync()).toEqual(any(logits).terms.dataSync())
  expect(bad(logits).metrics.reward_std.dataSync()).toEqual(any(logits).metrics.reward_std.dataSync())
  const slope = (loss: typeof bad) =>
    tf
      .grad((x) => loss(x).terms)(logits)
      .dataSync()
  expect(slope(bad)).toEqual(slope(any))
})

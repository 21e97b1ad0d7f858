import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { gateRows } from '../row-gate.ts'
import { type Terms, reduce } from '../terms.ts'
import { type Rows, THREE, mapStates, tensorsOf } from './batch.test.fixture.ts'
import { contrastiveTrajectoryBalance } from './contrastive-trajectory-balance.ts'
import { detailedBalance } from './detailed-balance.ts'
import { entropicPPO } from './entropic-ppo.ts'
import { flowRL } from './flow-rl.ts'
import { forwardLookingDetailedBalance } from './forward-looking-detailed-balance.ts'
import { logPartitionVariance } from './log-partition-variance.ts'
import { modifiedDetailedBalance } from './modified-detailed-balance.ts'
import { modifiedSubTrajectoryBalance } from './modified-sub-trajectory-balance.ts'
import { relativeLogPartitionVariance } from './relative-log-partition-variance.ts'
import { relativeTrajectoryBalance } from './relative-trajectory-balance.ts'
import { softPolicyGradient } from './soft-policy-gradient.ts'
import { actionsOf, estimatedValues, softAdvantages } from './soft-rewards.ts'
import { subTrajectoryBalance } from './sub-trajectory-balance.ts'
import { trajectoryBalance } from './trajectory-balance.ts'
import { trajectoryBalanceWithAsynchrony } from './trajectory-balance-with-asynchrony.ts'
import { trustPCL } from './trust-pcl.ts'

const batchOf = (rows: Rows) => ({
  ...tensorsOf(rows),
  logF: tf.fill<tf.Rank.R2>([3, 5], 0.5),
  logZ: tf.tensor1d([0.1, 0.2, 0.3]),
  referenceLogProb: tf.tensor1d([-6, -3, -4]),
})

type Batch = ReturnType<typeof batchOf>
type Case = readonly [name: string, loss: (batch: Batch) => Terms]

/** A row that is ruled out costs the square of 1e6 or so, and the terms of the others are what they were. */
const ALONE: readonly Case[] = [
  ['modifiedSubTrajectoryBalance', ({ logZ: _, ...batch }) => modifiedSubTrajectoryBalance()(batch)],
  [
    'modifiedSubTrajectoryBalance, λ = 0',
    ({ logZ: _, ...batch }) => modifiedSubTrajectoryBalance({ lambda: 0 })(batch),
  ],
  ['modifiedDetailedBalance', ({ logZ: _, ...batch }) => modifiedDetailedBalance()(batch)],
  [
    'modifiedDetailedBalance, pooled',
    ({ logZ: _, ...batch }) => modifiedDetailedBalance({ normalisation: 'pooled' })(batch),
  ],
  ['subTrajectoryBalance, whole', subTrajectoryBalance({ weighting: 'trajectoryBalance' })],
  ['subTrajectoryBalance, transitions', subTrajectoryBalance({ weighting: 'detailedBalance' })],
  ['subTrajectoryBalance', subTrajectoryBalance()],
  ['detailedBalance', detailedBalance()],
  ['forwardLookingDetailedBalance', forwardLookingDetailedBalance()],
  ['trajectoryBalance', trajectoryBalance()],
  ['relativeTrajectoryBalance', relativeTrajectoryBalance()],
  ['trustPCL', trustPCL()],
  ['flowRL', flowRL()],
]

/** It costs as much, and the terms of the others are what they would be without it. */
const TOGETHER: readonly Case[] = [
  ['logPartitionVariance', logPartitionVariance()],
  ['relativeLogPartitionVariance', relativeLogPartitionVariance()],
  ['trajectoryBalanceWithAsynchrony', trajectoryBalanceWithAsynchrony()],
  ['contrastiveTrajectoryBalance', contrastiveTrajectoryBalance()],
]

/** Its advantage is 0. */
const HELD: readonly Case[] = [
  ['softPolicyGradient', softPolicyGradient({ lambda: 0.7 })],
  [
    'softPolicyGradient, estimated values',
    (batch) => softPolicyGradient()({ ...batch, values: estimatedValues(batch) }),
  ],
  [
    'entropicPPO',
    (batch) => {
      const actions = actionsOf(batch)
      return entropicPPO()({ ...actions, oldLogProb: actions.logProb, advantage: softAdvantages()(batch) })
    },
  ],
]
const LOSSES = [...ALONE, ...TOGETHER, ...HELD]

const ofRows = (terms: tf.Tensor): number[][] => terms.arraySync() as number[][]

const LEARNED = ['logPF', 'logPTerm', 'logZ', 'logF'] as const

/** Gradients of each learned input by row, as the trainer takes them: gated by the weights. */
const gradientsOf = (loss: (batch: Batch) => Terms, batch: Batch, weight: readonly number[]): number[][][] => {
  const w = tf.tensor1d([...weight])
  const value = (...leaves: tf.Tensor[]): tf.Scalar => {
    const learned = Object.fromEntries(LEARNED.map((name, i) => [name, leaves[i]]))
    // An input that the loss does not read has the gradient 0.
    const unread = leaves.map((x) => tf.sum<tf.Scalar>(tf.zerosLike(x)))
    return tf.addN([reduce(loss(gateRows({ ...batch, ...learned } as Batch, w)), w), ...unread])
  }
  return tf
    .grads(value)(LEARNED.map((name) => batch[name]))
    .map((g) => ofRows(tf.reshape(g, [3, -1])))
}

const READ = [['logPF'], ['logPTerm'], ['logReward'], ['logPF', 'logPTerm', 'logReward']].map((names) => ({ names }))

/** The second row with −∞ in the named inputs: where its first token is chosen, or where it stops. */
const ruledOut = (names: readonly string[]): Rows =>
  mapStates(THREE, (x, r, t, of) =>
    names.includes(of) && r === 1 && t === (of === 'logPF' ? 0 : THREE.length[1]) ? -Infinity : x,
  )

describe.each(LOSSES)('%s', (name, loss) => {
  const among = (cases: readonly Case[]): boolean => cases.some(([of]) => of === name)

  test.each(READ)('−∞ in $names makes its row a large number, and changes no other', ({ names }) => {
    const { terms } = loss(batchOf(ruledOut(names)))
    const [before, row, after] = ofRows(terms)
    const own = [row].flat(3)
    expect(own.every(Number.isFinite)).toBe(true)
    expect(own.some((term) => term > 1e9)).toBe(!among(HELD))
    const others = ofRows(loss(batchOf(among(TOGETHER) ? { ...THREE, keep: [1, 0, 1] } : THREE)).terms)
    if (name !== 'softPolicyGradient, estimated values') expect([before, after]).toEqual([others[0], others[2]])
  })

  test.each(READ)('−∞ in $names leaves every gradient finite', ({ names }) => {
    const batch = batchOf(ruledOut(names))
    for (const [before, row, after] of gradientsOf(loss, batch, [1, 1, 1])) {
      expect([...before, ...after].every(Number.isFinite)).toBe(true)
      expect([...before, ...after].every((g) => Math.abs(g) < 1e3)).toBe(true)
      expect(row.every((g) => g === 0)).toBe(true)
    }
    for (const [before, row, after] of gradientsOf(loss, batch, [1, 0, 1])) {
      expect([...before, ...after].every(Number.isFinite)).toBe(true)
      expect(row.every((g) => g === 0)).toBe(true)
    }
    expect(Number.isFinite(reduce(loss(batch), tf.tensor1d([1, 0, 1])).dataSync()[0])).toBe(true)
  })

  test('log-probabilities above 0, as densities have them, are numbers like any other', () => {
    const dense = mapStates(THREE, (x, _r, _t, of) => (of === 'logReward' ? x : x + 5))
    expect([ofRows(loss(batchOf(dense)).terms)].flat(4).every(Number.isFinite)).toBe(true)
  })

  test('a row without a valid state is a row that is not kept, and keep is a yes or a no', () => {
    const none = batchOf({ ...THREE, length: [4, -1, 1] })
    const without = batchOf({ ...THREE, keep: [1, 0, 1] })
    expect(gradientsOf(loss, none, [1, 1, 1])).toEqual(gradientsOf(loss, without, [1, 1, 1]))
    const twice = batchOf({ ...THREE, keep: [2, 0, 1] })
    expect(gradientsOf(loss, twice, [1, 1, 1])).toEqual(gradientsOf(loss, without, [1, 1, 1]))
  })

  test('a row that is not kept may hold anything', () => {
    const ruined = mapStates({ ...THREE, keep: [1, 0, 1] }, (x, r) => (r === 1 ? NaN : x))
    const without = loss(batchOf({ ...THREE, keep: [1, 0, 1] }))
    const { terms, metrics } = loss({ ...batchOf(ruined), logZ: tf.tensor1d([0.1, NaN, 0.3]) })
    expect(ofRows(terms)).toEqual(ofRows(without.terms))
    const held = { ...batchOf(ruined), logZ: tf.tensor1d([0.1, NaN, 0.3]) }
    expect(gradientsOf(loss, held, [1, 1, 1]).flat(2).every(Number.isFinite)).toBe(true)
    for (const x of Object.values(metrics)) expect(Number.isFinite(x.dataSync()[0])).toBe(true)
  })
})

test('a prompt whose completions are all worth and as likely the same teaches nothing', () => {
  const even = tensorsOf(mapStates(THREE, () => -0.7))
  const alike = {
    ...even,
    valid: tf.tensor2d([
      [1, 1, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [1, 1, 0, 0, 0],
    ]),
  }
  expect([...logPartitionVariance()(alike).terms.dataSync()]).toEqual([0, 0, 0])
})

test('what is impossible now and was when it was drawn has a ratio of 1', () => {
  const batch = { ...batchOf(ruledOut(['logPF'])), oldLogProb: tf.tensor1d([-6, -Infinity, -4]) }
  const { terms, metrics } = flowRL()(batch)
  expect([...terms.dataSync()].some(Number.isNaN)).toBe(false)
  expect(Number.isFinite(metrics.importanceWeight.dataSync()[0])).toBe(true)
})

test('flowRL logs how far a prompt is off balance', () => {
  const { metrics } = flowRL({ beta: 2 })({ ...batchOf(THREE), logZ: tf.scalar(0.4) as tf.Scalar })
  const residual = flowRL({ beta: 2, regression: (x) => x })({ ...batchOf(THREE), logZ: tf.scalar(0.4) as tf.Scalar })
  const { mean, variance } = tf.moments(residual.terms)
  expect(metrics.residual.dataSync()[0]).toBeCloseTo(mean.dataSync()[0], 4)
  expect(metrics.logRatioVariance.dataSync()[0]).toBeCloseTo(variance.dataSync()[0], 4)
})

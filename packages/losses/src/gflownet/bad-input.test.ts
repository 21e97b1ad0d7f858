import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { Terms } from '../terms.ts'
import { type Rows, THREE, mapStates, tensorsOf } from './batch.test.fixture.ts'
import { detailedBalance } from './detailed-balance.ts'
import { logPartitionVariance } from './log-partition-variance.ts'
import { modifiedDetailedBalance } from './modified-detailed-balance.ts'
import { modifiedSubTrajectoryBalance } from './modified-sub-trajectory-balance.ts'
import { relativeTrajectoryBalance } from './relative-trajectory-balance.ts'
import { subTrajectoryBalance } from './sub-trajectory-balance.ts'
import { trajectoryBalance } from './trajectory-balance.ts'

const batchOf = (rows: Rows) => ({
  ...tensorsOf(rows),
  logF: tf.fill<tf.Rank.R2>([3, 5], 0.5),
  logZ: tf.tensor1d([0.1, 0.2, 0.3]),
  logPrior: tf.tensor1d([-6, -3, -4]),
})

type Batch = ReturnType<typeof batchOf>
const LOSSES: readonly (readonly [string, (batch: Batch) => Terms])[] = [
  ['modifiedSubTrajectoryBalance', ({ logZ: _, ...batch }) => modifiedSubTrajectoryBalance()(batch)],
  ['modifiedDetailedBalance', ({ logZ: _, ...batch }) => modifiedDetailedBalance()(batch)],
  ['subTrajectoryBalance', subTrajectoryBalance()],
  ['detailedBalance', detailedBalance()],
  ['trajectoryBalance', trajectoryBalance()],
  ['relativeTrajectoryBalance', relativeTrajectoryBalance()],
]

const ofRows = (terms: tf.Tensor): number[][] => terms.arraySync() as number[][]

describe.each(LOSSES)('%s', (_, loss) => {
  const usual = ofRows(loss(batchOf(THREE)).terms)

  test.each(['logPF', 'logPTerm', 'logReward'] as const)('−∞ in %s makes its row infinite and no other', (name) => {
    const at = name === 'logPF' ? 0 : THREE.length[1]
    const ruledOut = mapStates(THREE, (x, r, t, of) => (of === name && r === 1 && t === at ? -Infinity : x))
    const [before, row, after] = ofRows(loss(batchOf(ruledOut)).terms)
    const own = [row].flat(3)
    expect(own).toContain(Infinity)
    expect(own.some(Number.isNaN)).toBe(false)
    expect([before, after]).toEqual([usual[0], usual[2]])
  })

  test('log-probabilities above 0, as densities have them, are numbers like any other', () => {
    const dense = mapStates(THREE, (x, _r, _t, of) => (of === 'logReward' ? x : x + 5))
    expect([ofRows(loss(batchOf(dense)).terms)].flat(4).every(Number.isFinite)).toBe(true)
  })

  test('a row that is not kept may hold anything', () => {
    const ruined = mapStates({ ...THREE, keep: [1, 0, 1] }, (x, r) => (r === 1 ? NaN : x))
    const without = loss(batchOf({ ...THREE, keep: [1, 0, 1] }))
    const { terms, metrics } = loss({ ...batchOf(ruined), logZ: tf.tensor1d([0.1, NaN, 0.3]) })
    expect(ofRows(terms)).toEqual(ofRows(without.terms))
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

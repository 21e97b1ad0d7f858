import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { type Rows, THREE, differencesOf, gradientOf, mapStates, tensorsOf, valueOf } from './batch.test.fixture.ts'
import { estimateLogZ } from './log-z.ts'
import { logPartitionVariance } from './log-partition-variance.ts'
import { trajectoryBalance } from './trajectory-balance.ts'

// Six completions given by their whole log P_F and log R (formulas of torchgfn trajectory_balance.py in float64).
const SIX: Rows = {
  logPF: [[0], [0], [0], [0], [0], [0]],
  logPTerm: [[-2.599602], [-10.86766], [-12.290682], [-14.122188], [-7.458865], [-4.903998]],
  logReward: [[-8.968504], [-9.773544], [-7.835304], [-2.604726], [-4.32157], [-6.131345]],
  length: [0, 0, 0, 0, 0, 0],
  group: [0, 0, 0, 1, 1, 1],
}

describe('trajectory balance', () => {
  const batch = { ...tensorsOf(SIX), logZ: tf.scalar(1.5) as tf.Scalar }

  test('has the reference value and gradients, log Z’s too', () => {
    expect(valueOf(trajectoryBalance(), batch)).toBeCloseTo(30.214553521137002, 4)
    expect(gradientOf(trajectoryBalance(), batch, 'logPTerm')[0][0]).toBeCloseTo(2.622967333333333, 5)
    expect(gradientOf(trajectoryBalance(), batch, 'logZ')).toBeCloseTo(-1.2026673333333338, 5)
  })

  test('a log Z for each row is the same as one for all', () => {
    const perRow = { ...batch, logZ: tf.fill([6], 1.5) as tf.Tensor1D }
    expect(valueOf(trajectoryBalance(), perRow)).toBe(valueOf(trajectoryBalance(), batch))
    expect(() => trajectoryBalance()({ ...batch, logZ: tf.zeros<tf.Rank.R1>([2]) })).toThrow(
      'trajectoryBalance: logZ must be [rows] = [6], found [2]',
    )
  })

  test('reads tokens, terminator and the reward at the end, and nothing else', () => {
    const loss = trajectoryBalance()
    const read = (r: number, t: number, name: string): boolean =>
      name === 'logPF' ? t < THREE.length[r] : t === THREE.length[r]
    const rows = mapStates(THREE, (x, r, t, name) => (read(r, t, name) ? x : NaN))
    const given = { ...tensorsOf(rows), logZ: tf.scalar(0) as tf.Scalar }
    const residual = -0.239934 - 0.367123 - 2.210147 + 0.427441
    expect((loss(given).terms.arraySync() as number[])[1]).toBeCloseTo(residual ** 2, 5)
    const differences = differencesOf(loss, { ...tensorsOf(THREE), logZ: given.logZ }, 'logPF')
    gradientOf(loss, given, 'logPF')
      .flat()
      .forEach((g, i) => expect(g).toBeCloseTo(differences[i], 4))
  })
})

describe('log-partition variance', () => {
  test('is the variance within prompts: 24.214845', () => {
    const gradient = gradientOf(logPartitionVariance(), tensorsOf(SIX), 'logPTerm').flat()
    const expected = [2.031922, -0.4557506667, -1.5761713333, -2.3472195556, 0.4461694444, 1.9010501111]
    expect(valueOf(logPartitionVariance(), tensorsOf(SIX))).toBeCloseTo(24.21484514455011, 4)
    gradient.forEach((g, row) => expect(g).toBeCloseTo(expected[row], 5))
  })

  test('with one group it is torchgfn’s: 29.852951', () => {
    const batch = tensorsOf({ ...SIX, group: [7, 7, 7, 7, 7, 7] })
    expect(valueOf(logPartitionVariance(), batch)).toBeCloseTo(29.85295134247022, 4)
    expect(gradientOf(logPartitionVariance(), batch, 'logPTerm')[5][0]).toBeCloseTo(1.1095602222222223, 5)
  })

  test('is also its own certificate', () => {
    const { metrics } = logPartitionVariance()(tensorsOf(SIX))
    expect(metrics.logRatioVariance.dataSync()[0]).toBeCloseTo(24.21484514455011, 4)
  })

  test('does not move with log R + const of a prompt, the order of rows, or a dropped row', () => {
    const order = [3, 0, 5, 1, 4, 2]
    const pick = <T>(xs: readonly T[]): T[] => order.map((row) => xs[row])
    const shifted = SIX.logReward.map(([x], row) => [x + (row < 3 ? 2.5 : -40)])
    const rows = {
      logPF: [...pick(SIX.logPF), [NaN]],
      logPTerm: [...pick(SIX.logPTerm), [NaN]],
      logReward: [...pick(shifted), [NaN]],
      length: [0, 0, 0, 0, 0, 0, 0],
      group: [...pick(SIX.group!), 1],
      keep: [1, 1, 1, 1, 1, 1, 0],
    }
    expect(valueOf(logPartitionVariance(), tensorsOf(rows))).toBeCloseTo(24.21484514455011, 3)
    expect(gradientOf(logPartitionVariance(), tensorsOf(rows), 'logPTerm').at(-1)).toEqual([0])
  })

  test('the estimate of log Z is the mean of log R − log P_F over a prompt', () => {
    const estimate = [...estimateLogZ(tensorsOf(SIX)).dataSync()]
    const mean = (-8.968504 + 2.599602 - 9.773544 + 10.86766 - 7.835304 + 12.290682) / 3
    expect(estimate.slice(0, 3).every((x) => Math.abs(x - mean) < 1e-5)).toBe(true)
    expect(estimate[3]).not.toBeCloseTo(mean, 1)
  })
})

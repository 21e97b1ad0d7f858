import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { inFloat64 } from '../testing/float64.ts'
import { THREE, gradientOf, tensorsOf, valueOf } from './batch.test.fixture.ts'
import { contrastiveTrajectoryBalance } from './contrastive-trajectory-balance.ts'
import { flowRL } from './flow-rl.ts'
import { logPartitionVariance } from './log-partition-variance.ts'
import { halfSquared, squared } from './regression.ts'
import { relativeLogPartitionVariance } from './relative-log-partition-variance.ts'
import { relativeTrajectoryBalance } from './relative-trajectory-balance.ts'
import { trajectoryBalance } from './trajectory-balance.ts'
import { trajectoryBalanceWithAsynchrony } from './trajectory-balance-with-asynchrony.ts'
import { trustPCL } from './trust-pcl.ts'

const batchOf = () => ({
  ...tensorsOf(THREE),
  logZ: tf.scalar(0.3) as tf.Scalar,
  referenceLogProb: tf.tensor1d([-6, -3.5, -4.25]),
})

describe('towards a posterior', () => {
  test('a prior of 1 leaves the reward as the target', () => {
    inFloat64(() => {
      const flat = { ...batchOf(), referenceLogProb: tf.zeros<tf.Rank.R1>([3]) }
      const same = { regression: squared, beta: 1 }
      expect(valueOf(relativeTrajectoryBalance(same), flat)).toBe(valueOf(trajectoryBalance(), flat))
      expect(valueOf(relativeLogPartitionVariance(same), flat)).toBe(valueOf(logPartitionVariance(), flat))
    })
  })

  test('dividing the reward by β is multiplying it by 1 / β, and Trust-PCL is α² of it', () => {
    inFloat64(() => {
      const batch = batchOf()
      const [by, of] = [trajectoryBalanceWithAsynchrony({ beta: 0.25, regression: halfSquared }), { beta: 4 }]
      expect(valueOf(by, batch)).toBe(valueOf(relativeLogPartitionVariance(of), batch))
      const relative = valueOf(relativeTrajectoryBalance(of), batch)
      expect(valueOf(trustPCL({ alpha: 0.25 }), batch)).toBeCloseTo(relative / 16, 12)
      expect(trustPCL({ alpha: 0.25 })(batch).metrics.softValue.dataSync()[0]).toBeCloseTo(0.075, 12)
    })
  })

  test('it is 0 where the policy is the posterior', () => {
    const batch = batchOf()
    const { metrics } = relativeTrajectoryBalance()(batch)
    const whole = relativeLogPartitionVariance({ beta: 1e-9 })
    const asPrior = { ...batch, referenceLogProb: tf.tensor1d([-5.708609, -2.817204, -4.514224]) }
    expect(valueOf(whole, asPrior)).toBeLessThan(1e-9)
    expect(whole(asPrior).metrics.kl.dataSync()[0]).toBeCloseTo(0, 5)
    expect(metrics.kl.dataSync()[0]).toBeCloseTo((0.291391 + 0.682796 - 0.264224) / 3, 4)
  })

  test('a β that is no number above 0 is named', () => {
    expect(() => relativeTrajectoryBalance({ beta: 0 })).toThrow('beta must be a number above 0, found 0')
    expect(() => trustPCL({ alpha: NaN })).toThrow('trustPCL: alpha')
    expect(() => flowRL({ epsilon: -1 })).toThrow('flowRL: epsilon must be at least 0, found -1')
  })
})

describe('pairs', () => {
  const contrast = contrastiveTrajectoryBalance()

  test('of one prompt are 2N / (N − 1) variances, in value and gradient', () => {
    inFloat64(() => {
      const batch = batchOf()
      expect(valueOf(contrast, batch)).toBeCloseTo(3 * valueOf(logPartitionVariance(), batch), 12)
      const expected = gradientOf(logPartitionVariance(), batch, 'logPTerm').flat()
      gradientOf(contrast, batch, 'logPTerm')
        .flat()
        .forEach((g, i) => expect(g).toBeCloseTo(3 * expected[i], 12))
    })
  })

  test('that are left out are in no loss', () => {
    const batch = {
      ...batchOf(),
      pairs: tf.tensor2d([
        [1, 1, 0],
        [1, 1, 0],
        [0, 0, 1],
      ]),
    }
    const end = [-3.631543 + 5.708609, -0.427441 + 2.817204]
    expect(valueOf(contrast, batch)).toBeCloseTo((end[0] - end[1]) ** 2, 5)
    expect(gradientOf(contrast, batch, 'logPTerm')[2].every((g) => g === 0)).toBe(true)
    expect(() => contrast({ ...batch, pairs: tf.ones([3, 2]) })).toThrow('pairs must be [rows, others] = [3, 3]')
  })
})

test('FlowRL clips the importance weight of a completion by the token', () => {
  const batch = { ...batchOf(), oldLogProb: tf.tensor1d([-20, -2.817204, -1]) }
  const { terms, metrics } = flowRL()(batch)
  const residual = (logPF: number, prior: number, reward: number, actions: number): number =>
    (0.3 + (logPF - prior) / actions - 15 * reward) ** 2
  const expected = [
    1.2 * residual(-5.708609, -6, -3.631543, 5),
    residual(-2.817204, -3.5, -0.427441, 3),
    0.8 * residual(-4.514224, -4.25, -1.724113, 2),
  ]
  ;[...terms.dataSync()].forEach((x, row) => expect(x / expected[row]).toBeCloseTo(1, 5))
  expect(metrics.importanceWeight.dataSync()[0]).toBeCloseTo(1, 5)
})

import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { THREE, gradientOf, tensorsOf, valueOf } from './gflownet/batch.test.fixture.ts'
import { logPartitionVariance } from './gflownet/log-partition-variance.ts'
import { modifiedSubTrajectoryBalance } from './gflownet/modified-sub-trajectory-balance.ts'
import { gateRows } from './row-gate.ts'
import { type Terms, reduce, selfNormalised, weightedSum } from './terms.ts'

const batch = tensorsOf(THREE)
const loss = modifiedSubTrajectoryBalance({ lambda: 0.7 })

describe('reduce', () => {
  test('weight 1 is the unweighted loss to the bit', () => {
    const { terms, share } = loss(batch)
    const unweighted = tf.sum(tf.sum(tf.mul(share, terms), [1, 2])).dataSync()[0]
    expect(valueOf(loss, batch, tf.ones([3]))).toBe(unweighted)
  })

  test('weight 0 leaves a row no gradient at all', () => {
    for (const each of [loss, logPartitionVariance()]) {
      const gradient = gradientOf(each, batch, 'logPTerm', tf.tensor1d([1, 0, 1]))
      expect(gradient[1].every((g) => g === 0)).toBe(true)
      expect(gradient[0].some((g) => g !== 0)).toBe(true)
    }
  })

  test('the loss is linear in the weights', () => {
    const weights = fc.array(fc.double({ min: 0, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(weights, (w) => {
        const alone = w.map((x, row) => x * valueOf(loss, batch, tf.tensor1d(w.map((_, k) => (k === row ? 1 : 0)))))
        expect(valueOf(loss, batch, tf.tensor1d(w))).toBeCloseTo(alone[0] + alone[1] + alone[2], 3)
      }),
      { numRuns: 20 },
    )
  })

  test.each([NaN, Infinity, -Infinity])('a weight of %d is none', (none) => {
    for (const reducer of [weightedSum, selfNormalised]) {
      const [found, expected] = [[1, none, 2], [1, 0, 2]].map((w) => valueOf(loss, batch, tf.tensor1d(w), reducer)) // prettier-ignore
      expect(found).toBe(expected)
    }
    const gated = gradientOf((given) => loss(gateRows(given, tf.tensor1d([1, none, 2]))), batch, 'logPF')
    expect(gated[1].every((g) => g === 0)).toBe(true)
  })

  test('a weight for each row, and nothing else', () => {
    for (const reducer of [weightedSum, selfNormalised])
      expect(() => reduce(loss(batch), tf.ones([2]), reducer)).toThrow('weight must be [rows] = [3], found [2]')
  })
})

describe('selfNormalised', () => {
  test('equals reduce at weight 1 and does not see the scale of the weights', () => {
    const at = (w: number[]): number => valueOf(loss, batch, tf.tensor1d(w), selfNormalised)
    expect(at([1, 1, 1])).toBeCloseTo(valueOf(loss, batch), 5)
    expect(at([70, 7, 14])).toBeCloseTo(at([10, 1, 2]), 5)
  })

  test('has a mass that is a number, however large the weights of a batch that counts for much', () => {
    const much: Terms = { terms: tf.tensor1d([2, 4]), share: tf.fill([2], 0.5), mass: tf.scalar(1e20), metrics: {} }
    const { loss, mass } = selfNormalised(much, tf.tensor1d([3e30, 1e30]))
    expect(loss.dataSync()[0]).toBeCloseTo(2.5, 5)
    expect(mass.dataSync()[0] / 1e24).toBeCloseTo(1, 5)
  })

  test('is the mean of the rows that count', () => {
    const rows: Terms = { terms: tf.tensor1d([2, 5, 11]), share: tf.fill([3], 1 / 3), mass: tf.scalar(3), metrics: {} }
    expect(reduce(rows, tf.tensor1d([1, 0, 3]), selfNormalised).dataSync()[0]).toBeCloseTo((2 + 3 * 11) / 4, 5)
    expect(reduce(rows, tf.tensor1d([0, 0, 0]), selfNormalised).dataSync()[0]).toBe(0)
  })
})

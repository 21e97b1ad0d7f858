import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allPairs } from './sub-trajectories.ts'
import { squared } from './regression.ts'
import { type Weighting, lengthWeights, shareByLength } from './weighting.ts'

const WEIGHTINGS: readonly Weighting[] = [
  'pooled',
  'within',
  'geometric',
  'equal',
  'equalWithin',
  'detailedBalance',
  'modifiedDetailedBalance',
  'trajectoryBalance',
]

const shares = (transitions: readonly number[], weighting: Weighting, lambda: number, nodes = 6): tf.Tensor3D =>
  allPairs(
    { phi: tf.zeros([transitions.length, nodes]), transitions: tf.tensor1d([...transitions]) },
    lengthWeights('test', weighting, lambda),
    squared,
  ).share as tf.Tensor3D

const total = (x: tf.Tensor): number => tf.sum(x).dataSync()[0]

test.each(WEIGHTINGS)('the shares of %s sum to 1, whatever λ, lengths and padding', (weighting) => {
  const lengths = fc.array(fc.integer({ min: -1, max: 5 }), { minLength: 1, maxLength: 5 })
  const lambda = fc.constantFrom(0, 1e-6, 0.3, 1, 1.7, 1e6, 1e300, Infinity)
  fc.assert(
    fc.property(lengths, lambda, (given, l) => {
      const expected = given.some((n) => n > 0) ? 1 : 0
      expect(total(shares(given, weighting, l))).toBeCloseTo(expected, 5)
      expect(total(shares(given, weighting, l, 9))).toBeCloseTo(expected, 5)
    }),
    { numRuns: 40 },
  )
})

describe('transitions 3 and 1, λ = 1/2', () => {
  const at = (weighting: Weighting): number[][] =>
    shareByLength(tf.tensor1d([3, 1]), 3, lengthWeights('test', weighting, 0.5)).share.arraySync()

  test('pooled: Σ λ^{n−1} over 4 of length 1, 2 of length 2, 1 of length 3 is 5.25', () => {
    expect(at('pooled')).toEqual([[1, 0.5, 0.25].map((x) => expect.closeTo(x / 5.25, 6))])
  })

  test('within: 4.25 for the first trajectory, 1 for the second, half of the loss each', () => {
    const [first, second] = at('within')
    expect(first).toEqual([1, 0.5, 0.25].map((x) => expect.closeTo(x / 4.25 / 2, 6)))
    expect(second).toEqual([0.5, 0, 0])
  })

  test('geometric: λ^{n−1} / 1.75 for the mean of each length', () => {
    expect(at('geometric')).toEqual([[1 / 4, 0.5 / 2, 0.25].map((x) => expect.closeTo(x / 1.75, 6))])
  })
})

test('geometric is continuous at λ = 1, where its closed form divides by zero', () => {
  const [at, near] = [1, 1 - 1e-6].map((l) => shares([5, 2], 'geometric', l).dataSync())
  at.forEach((x, i) => expect(x).toBeCloseTo(near[i], 5))
})

test.each([
  [2, 300],
  [1.5, 400],
  [Infinity, 5],
])('the mass of long trajectories is a number at λ = %d', (lambda, length) => {
  const weights = lengthWeights('test', 'pooled', lambda)
  const { share, mass } = shareByLength(tf.tensor1d([length, 1]), length, weights)
  expect(mass.dataSync()[0]).toBeCloseTo(1e24, -19)
  expect([...share.dataSync()].every(Number.isFinite)).toBe(true)
})

test('the fixed weightings do not read λ', () => {
  expect(lengthWeights('test', 'equal', 0.3)).toEqual({ normalisation: 'pooled', lambda: 1 })
  expect(() => lengthWeights('test', 'pooled', NaN)).toThrow('test: lambda must be at least 0, found NaN')
  expect(() => lengthWeights('test', 'pool' as 'pooled', 1)).toThrow(
    /^test: weighting must be one of pooled, .*, found pool$/,
  )
})

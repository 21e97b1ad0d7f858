import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generalisedAdvantages } from './generalised-advantages.ts'
import { adaptiveKL, adaptiveKLPerRollout, fixedKL } from './kl-control.ts'
import { maskedMean, populationVariance, sampleVariance, zeroOutside } from './masked-statistics.ts'
import { penalisedScores, replacedScores, missingStopTorchtune, missingStop } from './reward-penalties.ts'
import { scoreAfterLast, scoreAfterLastTorchtune } from './score-steps.ts'
import { SAMPLE_KL, klPenalised, shapedRewards } from './shaped-rewards.ts'
import {
  standardise,
  whitenBiased,
  whitenCentred,
  whitenKeepingMean,
  whitenTorchtune,
  whitenTorchtuneCentred,
} from './whitening.ts'

const number = fc.double({ min: -5, max: 5, noNaN: true })
const numbers = (length: number) => fc.array(number, { minLength: length, maxLength: length })

describe('generalised advantages', () => {
  test('λ = 1 are returns less values, λ = 0 one-step differences, and what is past the end is not read', () => {
    fc.assert(
      fc.property(numbers(4), numbers(4), fc.double({ min: 0, max: 1, noNaN: true }), (rewards, values, gamma) => {
        const monteCarlo = generalisedAdvantages({ rewards, values, steps: 4, gamma, lambda: 1 })
        const returns = rewards.map((_, t) => rewards.slice(t).reduce((sum, r, k) => sum + gamma ** k * r, 0))
        returns.forEach((r, t) => expect(monteCarlo.returns[t]).toBeCloseTo(r, 9))
        const oneStep = generalisedAdvantages({ rewards, values, steps: 4, gamma, lambda: 0 }).advantages
        rewards.forEach((r, t) => expect(oneStep[t]).toBeCloseTo(r + gamma * (values[t + 1] ?? 0) - values[t], 9))
        const ragged = generalisedAdvantages({
          rewards: [...rewards.slice(0, 2), NaN, NaN],
          values: [...values.slice(0, 2), NaN, NaN],
          steps: 4,
          valid: [1, 1, 0, 0],
          gamma,
        })
        const [r, v] = [rewards.slice(0, 2), values.slice(0, 2)]
        const short = generalisedAdvantages({ rewards: r, values: v, steps: 2, gamma })
        expect([...ragged.advantages.subarray(0, 2)]).toEqual([...short.advantages])
        expect([...ragged.returns.subarray(2)]).toEqual([0, 0])
      }),
    )
  })

  test('rows stay apart', () => {
    const two = generalisedAdvantages({ rewards: [1, 2, 3, 4], values: [0, 0, 0, 0], steps: 2 })
    const one = generalisedAdvantages({ rewards: [1, 2], values: [0, 0], steps: 2 })
    expect([...two.advantages.subarray(0, 2)]).toEqual([...one.advantages])
    const row = { rewards: [1, 2], values: [0, 0], steps: 2 }
    expect(() => generalisedAdvantages({ ...row, steps: 3 })).toThrow(
      'rewards must have length 3, rows of 3 steps, found 2',
    )
    expect(() => generalisedAdvantages({ ...row, gamma: NaN })).toThrow('gamma must be within 0 and 1, found NaN')
    expect(() => generalisedAdvantages({ ...row, values: [0, NaN] })).toThrow('values of row 0 at step 1 is NaN')
    expect(() => generalisedAdvantages({ rewards: [1], values: [1, 2], steps: 1 })).toThrow(
      'values must have length 1, one a reward, found 2',
    )
  })
})

describe('whitening', () => {
  const mask = [1, 1, 0, 1, 1, 1]
  const x = [3, -1, NaN, 2.5, 0, 7]

  test('does what the name says to what counts', () => {
    const kept = (values: Float64Array) => [...values].filter((_, i) => mask[i] === 1)
    const mean = maskedMean(x, mask)
    for (const whiten of [whitenCentred, whitenTorchtuneCentred, whitenBiased, standardise])
      expect(maskedMean(kept(whiten(x, mask)))).toBeCloseTo(0, 7)
    for (const whiten of [whitenKeepingMean, whitenTorchtune])
      expect(maskedMean(kept(whiten(x, mask)))).toBeCloseTo(mean, 7)
    for (const whiten of [whitenCentred, whitenKeepingMean, whitenTorchtune, whitenTorchtuneCentred, standardise])
      expect(sampleVariance(kept(whiten(x, mask)))).toBeCloseTo(1, 6)
    expect(populationVariance(kept(whitenBiased(x, mask)))).toBeCloseTo(1, 6)
  })

  test('equal numbers, one number and none give numbers', () => {
    const keeping = [whitenKeepingMean, whitenTorchtune]
    for (const whiten of [...keeping, whitenCentred, whitenTorchtuneCentred, whitenBiased, standardise])
      for (const given of [[2, 2, 2], [2]]) {
        expect([...whiten(given)].every(Number.isFinite)).toBe(true)
        expect([
          ...zeroOutside(
            whiten(
              given,
              given.map(() => 0),
            ),
            given.map(() => 0),
          ),
        ]).toEqual(given.map(() => 0))
      }
    expect([...zeroOutside(whitenCentred(x, mask), mask)].every(Number.isFinite)).toBe(true)
  })
})

test('whitening leaves out what is no number, whose result is 0, and numbers are what they are without it', () => {
  const whitenings = [
    whitenCentred,
    whitenKeepingMean,
    whitenTorchtune,
    whitenTorchtuneCentred,
    whitenBiased,
    standardise,
  ]
  const given = [1, Infinity, -2, NaN, 5, -Infinity]
  for (const whiten of whitenings) {
    const [a, b, c] = whiten([1, -2, 5], [1, 1, 1])
    expect([...whiten(given, [1, 1, 1, 1, 1, 1])]).toEqual([a, 0, b, 0, c, 0])
    expect([...whiten(given)].every(Number.isFinite)).toBe(true)
  }
})

describe('rewards of tokens', () => {
  const ofOne = { scores: [1], steps: 1, coefficient: 0.05 }

  test('what is impossible under both policies has not diverged; under one it has, and no advantage is lost', () => {
    const impossible = [-Infinity, -Infinity, -1]
    const others = [-Infinity, -1, -Infinity]
    for (const estimator of ['k1', 'k2', 'k3'] as const) {
      const given = { scores: [1, 2, 3], logProb: impossible, referenceLogProb: others, steps: 1, coefficient: 0.05 }
      const { rewards, kl } = shapedRewards({ ...given, estimator })
      expect(kl[0]).toBe(0)
      expect(Math.abs(kl[1])).toBeGreaterThan(1e5)
      const { advantages } = generalisedAdvantages({ rewards, values: [0, 0, 0], steps: 1 })
      expect([...whitenCentred(advantages)].every(Number.isFinite)).toBe(true)
    }
  })

  test('a log-probability or a score that is no number is named, unless nothing of its row counts', () => {
    expect(() => shapedRewards({ ...ofOne, logProb: [NaN], referenceLogProb: [0] })).toThrow(
      'logProb of row 0 at step 0 is NaN',
    )
    const unscored = { ...ofOne, scores: [NaN], logProb: [0], referenceLogProb: [0] }
    expect(() => shapedRewards(unscored)).toThrow('the score of row 0 is NaN')
    expect([...shapedRewards({ ...unscored, valid: [0] }).rewards]).toEqual([-0])
  })

  test('a row whose divergence is not known counts as one without a reward', () => {
    expect([...klPenalised([1, 2, 3, NaN], [0.5, NaN, Infinity, 1], 0.1)]).toEqual([0.95, NaN, NaN, NaN])
  })

  test('sum to the score less what the divergence costs; padding is not read', () => {
    const { rewards, kl } = shapedRewards({
      scores: [2, -1],
      logProb: [-1, -2, -3, NaN],
      referenceLogProb: [-1.5, -1, -3.5, NaN],
      steps: 2,
      coefficient: 0.1,
      scoreAt: [1, 0],
      valid: [1, 1, 1, 0],
    })
    expect([...kl]).toEqual([0.5, -1, 0.5, 0])
    expect([...rewards]).toEqual([-0.05, 2.1, -1.05, 0].map((r) => expect.closeTo(r, 12)))
  })

  test('k3 is never negative and all estimators vanish where the policies agree', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(SAMPLE_KL.k3(a, b)).toBeGreaterThanOrEqual(0)
        for (const estimate of Object.values(SAMPLE_KL)) expect(Math.abs(estimate(a, a))).toBe(0)
      }),
    )
  })

  test('a score that has no step is named', () => {
    const given = { scores: [1], logProb: [0, 0], referenceLogProb: [0, 0], steps: 2, coefficient: 1 }
    expect(() => shapedRewards({ ...given, scoreAt: [2] })).toThrow('row 0 has its score at step 2, of 2')
    expect(() => shapedRewards({ ...given, scoreAt: [0.5] })).toThrow('row 0 has its score at step 0.5, of 2')
    expect(() => shapedRewards({ ...given, estimator: 'k4' as never })).toThrow(
      'estimator must be k1, k2, k3, found k4',
    )
    expect(() => shapedRewards({ ...given, logProb: [0] })).toThrow(
      'logProb must have length 2, 1 scores of 2 steps, found 1',
    )
  })
})

test('a stop token at the very end is seen by its id, and missed by its padding', () => {
  const tokens = [5, 2, 0, 5, 6, 2, 5, 6, 7]
  const punished = missingStop(tokens, [2, 3, 3], [2])
  expect([...punished]).toEqual([0, 0, 1])
  expect([...missingStopTorchtune([0, 0, 1, 0, 0, 0, 0, 0, 0], [1, 2, 2])]).toEqual([0, 1, 1])
  expect([...missingStop(tokens, [2, 3, 3], [2], { noStop: false, minLength: 3 })]).toEqual([1, 0, 0])
  expect([...missingStop([2, 2], [1, 0], [2])]).toEqual([0, 1])
  expect([...missingStop([], [], [2])]).toEqual([])
  expect([...replacedScores([1, 2, 3], punished, -3)]).toEqual([1, 2, -3])
  expect([...penalisedScores([1, 2, 3], punished, 3)]).toEqual([1, 2, 0])
})

test('the score of a completion of one token: after it (TRL), upon it (torchtune)', () => {
  expect([...scoreAfterLast([0, 1, 2], 3).at]).toEqual([1, 2, 2])
  expect([...scoreAfterLastTorchtune([0, 1, 2], 3).at]).toEqual([0, 2, 2])
  expect([...scoreAfterLast([0, 1, 2], 3).valid]).toEqual([1, 1, 0, 1, 1, 1, 1, 1, 1])
  expect([...scoreAfterLastTorchtune([0, 1, 2], 3).valid]).toEqual([1, 0, 0, 1, 1, 1, 1, 1, 1])
})

describe('KL control', () => {
  test('the coefficient rises above the target, falls below it and stays at it', () => {
    for (const control of [adaptiveKL({ target: 6, horizon: 100 }), adaptiveKLPerRollout({ target: 6 })]) {
      const next = (kl: number) => control(0.2, { kl, samples: 10 })
      expect(next(60)).toBeGreaterThan(0.2)
      expect(next(60)).toBe(next(600))
      expect(next(0)).toBeLessThan(0.2)
      expect(next(6)).toBe(0.2)
    }
    expect(fixedKL(0.2, { kl: 60, samples: 10 })).toBe(0.2)
  })

  test('the coefficient survives a divergence that is not known, and never falls below 0', () => {
    const [horizon, control] = [10, adaptiveKL({ target: 6, horizon: 10 })]
    expect(control(0.2, { kl: NaN, samples: 10 })).toBe(0.2)
    expect(adaptiveKLPerRollout({ target: 6 })(0.2, { kl: NaN, samples: 10 })).toBe(0.2)
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), fc.nat(1000), (kl, samples) => {
        const next = control(0.2, { kl, samples })
        expect(next).toBeGreaterThanOrEqual(0.2 * 0.8)
        expect(next).toBe(control(0.2, { kl, samples: Math.min(samples, horizon) }))
      }),
    )
    expect(() => control(NaN, { kl: 1, samples: 1 })).toThrow('adaptiveKL: coefficient must be at least 0, found NaN')
    expect(() => control(0.2, { kl: 1, samples: NaN })).toThrow('adaptiveKL: samples must be at least 0, found NaN')
  })

  test('a target of nothing is an error', () => {
    expect(() => adaptiveKL({ target: 0, horizon: 1 })).toThrow('adaptiveKL: target must be above 0, found 0')
    expect(() => adaptiveKL({ target: 1, horizon: 0 })).toThrow('horizon must be above 0')
    expect(() => adaptiveKLPerRollout({ target: -1 })).toThrow('target must be above 0, found -1')
  })
})

import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { THREE, type Rows, differencesOf, gradientOf, mapStates, tensorsOf, valueOf } from './batch.test.fixture.ts'
import { estimateLogZ } from './log-z.ts'
import { modifiedSubTrajectoryBalance } from './modified-sub-trajectory-balance.ts'

const loss = modifiedSubTrajectoryBalance({ lambda: 1 })
const at = (lambda: number): number => valueOf(modifiedSubTrajectoryBalance({ lambda }), tensorsOf(THREE))

describe('gfn-lm-tuning, next_sentence/utils.py, executed in float64', () => {
  test('the loss is 9.215314 at λ = 1 and 9.368919 at λ = 0.7', () => {
    expect(at(1)).toBeCloseTo(9.215313699172285, 5)
    expect(at(0.7)).toBeCloseTo(9.368918592751971, 5)
  })

  test('the gradients of the first row are the reference ones', () => {
    const expected = {
      logPF: [-1.749916857142857, -2.0777930000000002, -0.8302234285714286, -0.6953538571428568, 0],
      logReward: [-1.749916857142857, -0.3278761428571433, 1.2475695714285715, 0.1348695714285718, 0.6953538571428568],
      logPTerm: [1.749916857142857, 0.3278761428571433, -1.2475695714285715, -0.1348695714285718, -0.6953538571428568],
    }
    for (const [name, row] of Object.entries(expected))
      gradientOf(loss, tensorsOf(THREE), name as 'logPF')[0].forEach((g, t) => expect(g).toBeCloseTo(row[t], 5))
  })

  test('λ = 0 is the mean over single transitions, λ = 1e6 leaves only the longest sub-trajectory, no overflow', () => {
    expect(at(0)).toBeCloseTo(9.513046817126426, 5)
    expect(at(1e6)).toBeCloseTo(11.71950935347935, 4)
    expect(at(1e30)).toBeCloseTo(11.719523777640998, 4)
  })
})

test('the gradient is that of the value', () => {
  const within = modifiedSubTrajectoryBalance({ lambda: 0.8, weighting: 'within' })
  const differences = differencesOf(within, tensorsOf(THREE), 'logPTerm')
  gradientOf(within, tensorsOf(THREE), 'logPTerm')
    .flat()
    .forEach((g, i) => expect(g).toBeCloseTo(differences[i], 4))
})

describe('what must not change the loss', () => {
  const same = (rows: Rows): void => {
    expect(valueOf(loss, tensorsOf(rows))).toBeCloseTo(9.215313699172285, 5)
    const kept = rows.length.filter((_, row) => rows.keep?.[row] !== 0).length
    const [first] = gradientOf(loss, tensorsOf(rows), 'logPF').slice(-3)
    expect(first[1]).toBeCloseTo(-2.077793 * (3 / kept), 5)
  }

  test('two more columns of padding', () => {
    const wider = (rows: readonly (readonly number[])[]): number[][] => rows.map((row) => [...row, 0, 0])
    same({ ...THREE, logPF: wider(THREE.logPF), logPTerm: wider(THREE.logPTerm), logReward: wider(THREE.logReward) })
  })

  test('NaN in the padding, in value and in gradient', () => {
    const past = (r: number, t: number, name: string): boolean => t > THREE.length[r] - (name === 'logPF' ? 1 : 0)
    const rows = mapStates(THREE, (x, r, t, name) => (past(r, t, name) ? NaN : x))
    same(rows)
    expect(gradientOf(loss, tensorsOf(rows), 'logReward').flat().every(Number.isFinite)).toBe(true)
  })

  test('log R + 7.3, which belongs to log Z', () => {
    same(mapStates(THREE, (x, _r, _t, name) => (name === 'logReward' ? x + 7.3 : x)))
  })

  test('the batch twice', () => {
    const twice = <T>(rows: readonly T[]): T[] => [...rows, ...rows]
    same({
      logPF: twice(THREE.logPF),
      logPTerm: twice(THREE.logPTerm),
      logReward: twice(THREE.logReward),
      length: twice(THREE.length),
    })
  })

  test('a row that is not kept, whatever is in it', () => {
    const bad = [NaN, -Infinity, Infinity, NaN, NaN]
    same({
      logPF: [bad, ...THREE.logPF],
      logPTerm: [bad, ...THREE.logPTerm],
      logReward: [bad, ...THREE.logReward],
      length: [3, ...THREE.length],
      keep: [0, 1, 1, 1],
    })
  })

  test('the order of rows', () => {
    const order = [2, 0, 1]
    const pick = <T>(rows: readonly T[]): T[] => order.map((row) => rows[row])
    const rows = {
      logPF: pick(THREE.logPF),
      logPTerm: pick(THREE.logPTerm),
      logReward: pick(THREE.logReward),
      length: pick(THREE.length),
    }
    expect(valueOf(loss, tensorsOf(rows))).toBeCloseTo(9.215313699172285, 5)
  })
})

const logProb = fc.double({ min: -9, max: -0.01, noNaN: true })
const states = 4
const balanced = fc.record({
  logZ: fc.double({ min: -5, max: 5, noNaN: true }),
  logPF: fc.array(fc.array(logProb, { minLength: states, maxLength: states }), { minLength: 2, maxLength: 2 }),
  logPTerm: fc.array(fc.array(logProb, { minLength: states, maxLength: states }), { minLength: 2, maxLength: 2 }),
  length: fc.array(fc.integer({ min: 1, max: states - 1 }), { minLength: 2, maxLength: 2 }),
})

/** Rewards of which the policy is the exact posterior: log R(s_t ⊤) = log Z + log P_F(s_t ⊤). */
const rewarded = ({ logPF, logPTerm, length, logZ }: Omit<Rows, 'logReward'> & { logZ: number }): Rows => ({
  logPF,
  logPTerm,
  length,
  logReward: logPTerm.map((row, r) => row.map((e, t) => logZ + e + logPF[r].slice(0, t).reduce((a, b) => a + b, 0))),
})

test('the loss is 0 where the policy is the posterior, and logZ is read off the root', () => {
  fc.assert(
    fc.property(balanced, (given) => {
      const batch = tensorsOf(rewarded(given))
      const { metrics } = loss(batch)
      expect(valueOf(loss, batch)).toBeLessThan(1e-9)
      expect(metrics.logZ.dataSync()[0]).toBeCloseTo(given.logZ, 4)
      expect(metrics.logRatioVariance.dataSync()[0]).toBeLessThan(1e-9)
    }),
    { numRuns: 30 },
  )
})

describe('a minimum length', () => {
  const anchored = modifiedSubTrajectoryBalance({ lambda: 1, minLength: 1 })

  test('takes states that may not stop out of the loss and anchors the root at log Z', () => {
    fc.assert(
      fc.property(balanced, (given) => {
        const rows = mapStates(rewarded(given), (x, _r, t, name) => {
          if (t > 0 || name === 'logPF') return x
          return name === 'logPTerm' ? -Infinity : NaN
        })
        const batch = tensorsOf(rows)
        const exact = { ...batch, logZ: tf.scalar(given.logZ) }
        expect(valueOf(anchored, exact)).toBeLessThan(1e-9)
        expect(valueOf(anchored, { ...batch, logZ: estimateLogZ(batch) })).toBeLessThan(1e-9)
        expect(valueOf(anchored, { ...batch, logZ: tf.scalar(given.logZ + 1) })).toBeGreaterThan(0.1)
        expect(gradientOf(anchored, exact, 'logPTerm').flat().every(Number.isFinite)).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  test('needs its anchor, and nothing else does', () => {
    const batch = tensorsOf(THREE)
    expect(() => anchored(batch)).toThrow('minLength 1 needs logZ')
    expect(() => loss({ ...batch, logZ: tf.scalar(0) })).toThrow('logZ is not read where minLength is 0')
    expect(() => modifiedSubTrajectoryBalance({ minLength: 5 })(batch)).toThrow('leaves no transition in 5 states')
  })
})

test('a wrong shape and a wrong λ are named', () => {
  const batch = tensorsOf(THREE)
  expect(() => loss({ ...batch, keep: tf.ones([2]) })).toThrow(
    'modifiedSubTrajectoryBalance: keep must be [rows] = [3], found [2]',
  )
  expect(() => modifiedSubTrajectoryBalance({ lambda: -1 })).toThrow('lambda must be at least 0, found -1')
})

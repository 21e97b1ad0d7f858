import { expect, test } from 'vitest'
import { batchOf } from './batch.test.fixture.ts'
import { effectiveSampleSize } from './effective-sample-size.ts'
import { uniform } from './estimator.ts'
import { importanceRatio } from './importance-ratio.ts'
import { posteriorRatio } from './posterior-ratio.ts'
import { promptBalance } from './prompt-balance.ts'
import { selfNormalisedRatio } from './self-normalised-ratio.ts'

const near = (...weights: readonly number[]): unknown[] => weights.map((w) => expect.closeTo(w, 5))
const log = Math.log

test('uniform weighs kept rows 1 and dropped rows 0', () => {
  const row = { logPF: -1, logBehaviour: -1 }
  expect([...uniform(batchOf(row, { ...row, keep: 0 }))]).toEqual([1, 0])
})

test('on-policy rows have importance ratio 1', () => {
  expect([...importanceRatio()(batchOf({ logPF: -8, logBehaviour: -8 }))]).toEqual([1])
})

test('the ratio is P_F / π_b over the whole completion, terminator included, padding not read', () => {
  const likelier = { logPF: log(0.2), logBehaviour: log(0.1) }
  const rarer = { logPF: log(0.1), logBehaviour: log(0.4) }
  const weights = importanceRatio()(batchOf(likelier, rarer))
  expect([...weights]).toEqual(near(2, 0.25))
})

test('ratios correct the mean under a tempered behaviour to the mean under the policy', () => {
  // Exact sum over three completions: Σ π_b · w · f = Σ P_F · f.
  const [pf, pb, f] = [
    [0.7, 0.2, 0.1],
    [0.4, 0.3, 0.3],
    [5, -2, 11],
  ]
  const weights = importanceRatio()(batchOf(...pf.map((p, i) => ({ logPF: log(p), logBehaviour: log(pb[i]) }))))
  expect(pb.reduce((sum, p, i) => sum + p * weights[i] * f[i], 0)).toBeCloseTo(0.7 * 5 - 0.4 + 1.1, 5)
})

test('self-normalised weights average 1 over the kept rows of each prompt, even where exp would overflow', () => {
  const batch = batchOf(
    { logPF: 800, logBehaviour: 0 },
    { logPF: 800 + log(3), logBehaviour: 0 },
    { logPF: -5, logBehaviour: -2, group: 1 },
    { logPF: 900, logBehaviour: 0, keep: 0 },
  )
  // float32 keeps 800 + log 3 to 3e-5
  const weights = [...selfNormalisedRatio()(batch)]
  expect(weights).toEqual([0.5, 1.5, 1, 0].map((w) => expect.closeTo(w, 3)))
})

test('rows of unknown log-probabilities get the weight asked for and disturb no other', () => {
  const [unknown, one, two] = [NaN, -1, -2].map((logProb) => ({ logPF: logProb, logBehaviour: logProb }))
  const batch = batchOf(unknown, one, two)
  expect([...importanceRatio()(batch)]).toEqual([1, 1, 1])
  expect([...selfNormalisedRatio({ unknown: 0 })(batch)]).toEqual(near(0, 1, 1))
})

test('posterior weights are R^(1/T) / π_b per prompt: equal once the behaviour is the posterior, whatever Z', () => {
  // T = 0.5, R = 0.1 and 0.3: the posterior is 0.01 : 0.09.
  const posterior = batchOf(
    { logPF: NaN, logBehaviour: log(0.1), logReward: log(0.1) },
    { logPF: NaN, logBehaviour: log(0.9), logReward: log(0.3) },
  )
  expect([...posteriorRatio()(posterior)]).toEqual(near(1, 1))
  const even = batchOf(
    { logPF: NaN, logBehaviour: log(0.5), logReward: log(0.1) },
    { logPF: NaN, logBehaviour: log(0.5), logReward: log(0.3) },
    { logPF: NaN, logBehaviour: log(0.5), logReward: 7, group: 1 },
    { logPF: NaN, logBehaviour: NaN, logReward: 7, group: 1 },
  )
  const weights = posteriorRatio()(even)
  expect([...weights]).toEqual(near(0.2, 1.8, 1, 0))
  expect(effectiveSampleSize(weights.subarray(0, 2))).toBeCloseTo(4 / (0.2 ** 2 + 1.8 ** 2), 5)
})

test('a prompt of reward 0 everywhere has weight 0, not NaN', () => {
  const nothing = { logPF: -1, logBehaviour: -1, logReward: -Infinity }
  expect([...posteriorRatio()(batchOf(nothing, nothing))]).toEqual([0, 0])
})

test('prompts count alike, however many of their rows were dropped', () => {
  const row = { logPF: -1, logBehaviour: -1 }
  const weights = promptBalance(batchOf(row, row, row, { ...row, group: 1 }, { ...row, group: 1, keep: 0 }))
  expect([...weights]).toEqual(near(2 / 3, 2 / 3, 2 / 3, 2, 0))
  expect([...promptBalance(batchOf({ ...row, keep: 0 }))]).toEqual([0])
})

test('the effective sample size is n for equal weights, 1 for one that has it all, at any scale', () => {
  expect(effectiveSampleSize([2, 2, 2, 2])).toBe(4)
  expect(effectiveSampleSize([0, 5, 0])).toBe(1)
  expect(effectiveSampleSize([1, 2, 3])).toBeCloseTo(36 / 14, 12)
  expect(effectiveSampleSize([1e200, 2e200, 3e200])).toBeCloseTo(36 / 14, 12)
  expect(effectiveSampleSize([0, 0])).toBe(0)
  expect(effectiveSampleSize([])).toBe(0)
  for (const none of [NaN, Infinity, -1])
    expect(() => effectiveSampleSize([1, none])).toThrow(`effectiveSampleSize: weight 1 is ${none}`)
})

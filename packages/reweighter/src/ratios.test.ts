import { expect, test } from 'vitest'
import { batchOf } from './batch.test.fixture.ts'
import { bounded, masked, truncated } from './bound.ts'
import { humanline } from './humanline.ts'
import { importanceRatio } from './importance-ratio.ts'
import { lengthNormalisedRatio } from './length-normalised-ratio.ts'
import { tokenImportanceRatio } from './token-importance-ratio.ts'
import { wpo } from './wpo.ts'

const near = (...weights: readonly number[]): unknown[] => weights.map((w) => expect.closeTo(w, 5))
const log = Math.log

// The fixture gives ¾ of log π to the token and ¼ to the terminator; the behaviour's is halved.
const rows = [
  { logPF: log(0.2), logBehaviour: log(0.1) },
  { logPF: log(0.1), logBehaviour: log(0.4) },
  { logPF: NaN, logBehaviour: -1 },
]
const batch = batchOf(...rows, { ...rows[0], keep: 0 })

test('a length-normalised ratio is the geometric mean of the token ratios', () => {
  expect([...lengthNormalisedRatio()(batch)]).toEqual(near(2 ** 0.5, 0.25 ** 0.5, 1, 0))
  expect([...lengthNormalisedRatio({ unknown: 0 })(batch)]).toEqual(near(2 ** 0.5, 0.25 ** 0.5, 0, 0))
})

test('token ratios multiply to the ratio of the completion, and are 1 past its end', () => {
  const tokens = tokenImportanceRatio()(batch)
  expect(tokens).toHaveLength(batch.rows * batch.width)
  expect(tokens[0] * tokens[1]).toBeCloseTo(2, 5)
  expect([...tokens.subarray(2, 3), ...tokens.subarray(6, 9)]).toEqual([1, 1, 1, 1])
  expect(tokens[0]).toBeCloseTo(0.2 ** 0.75 / 0.1 ** 0.5, 5)
})

test('outside of its limits a weight is cut or dropped; on them it stays', () => {
  expect([...bounded(importanceRatio(), truncated({ min: 0.5, max: 1.5 }))(batch)]).toEqual(near(1.5, 0.5, 1, 0.5))
  expect([0.5, 1, 2, 2.1, Infinity].map(masked({ min: 0.6, max: 2 }))).toEqual([0, 1, 2, 0, 0])
  expect([0, 1, 9].map(humanline())).toEqual(near(Math.exp(-1), 1, Math.exp(1.5)))
})

test.each([
  [() => truncated({ min: 2, max: 1 }), 'truncated: limits must be 0 ≤ min ≤ max and max > 0, found min 2, max 1'],
  [() => masked({ max: NaN }), 'masked: limits must be 0 ≤ min ≤ max and max > 0, found min 0, max NaN'],
  [() => humanline({ low: 2, high: 1 }), 'humanline: low must be at most high, found 2 and 1'],
])('limits that are none are refused', (make, message) => expect(make).toThrow(message))

test('the WPO weight averages 1 over what the policy says itself', () => {
  // p = (0.7, 0.3) at every step; the terminator is certain. E_p[p(z) / Σ p²] = 1, under the square root of n = 2.
  const p = [0.7, 0.3]
  const collision = log(p.reduce((sum, q) => sum + q * q, 0))
  const completions = batchOf(...p.map((q) => ({ logPF: log(q), logBehaviour: 0 })))
  const logPF = Float32Array.from(p.flatMap((q) => [log(q), 0, NaN]))
  const logCollision = Float32Array.from(p.flatMap(() => [collision, 0, NaN]))
  const weights = wpo()({ ...completions, logPF, logCollision })
  expect(p.reduce((sum, q, i) => sum + q * weights[i] ** 2, 0)).toBeCloseTo(1, 5)
  const replayed = { ...completions, logPF: logPF.with(0, NaN), logCollision }
  expect([wpo(), wpo({ unknown: 0 })].map((weigh) => [...weigh(replayed)])).toEqual([
    [1, weights[1]],
    [0, weights[1]],
  ])
})

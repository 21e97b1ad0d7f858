import { expect, test } from 'vitest'
import { type Judgement, policyFigures } from './policy-figures.ts'

const judged = (group: number, tokens: readonly number[], logReward: number, logPF: number): Judgement => ({
  group,
  tokens: Int32Array.from(tokens),
  logReward,
  logPF,
})

test('a policy that samples from the posterior has variance 0 and its log Z exactly', () => {
  // log R / T − log P_F = log Z_g for every completion of prompt g: 3 for the first, −1 for the second; T = 2.
  const all = [judged(0, [1], 2, -2), judged(0, [2, 2], -4, -5), judged(1, [3], -4, -1), judged(1, [4], -8, -3)]
  const { log_ratio_variance, log_z, log_reward, mean_length } = policyFigures(all, 2)
  expect(log_ratio_variance).toBe(0)
  expect(log_z).toBeCloseTo(1, 12)
  expect([log_reward, mean_length]).toEqual([-3.5, 1.25])
})

test('off the posterior the variance is that of the ratios within prompts, not between them', () => {
  const all = [judged(0, [1], 0, -1), judged(0, [2], 0, -3), judged(1, [1], 100, -1), judged(1, [2], 100, -3)]
  expect(policyFigures(all, 1).log_ratio_variance).toBe(1)
})

test('diversity is measured within prompts', () => {
  const same = [judged(0, [1, 1], 0, -1), judged(0, [1, 1], 0, -1), judged(1, [2, 3], 0, -1), judged(1, [2, 3], 0, -1)]
  expect(policyFigures(same, 1)).toMatchObject({ unique: 0.5, pairwise_distance: 0, distinct_1: (1 / 4 + 2 / 4) / 2 })
})

test('a completion without a reward is counted and in no other figure', () => {
  const all = [judged(0, [1], 0, -1), judged(0, [2], 0, -1), judged(0, [3, 3, 3], NaN, -50)]
  expect(policyFigures(all, 1)).toMatchObject({ failed: 1, mean_length: 1, log_z: 1, log_ratio_variance: 0 })
})

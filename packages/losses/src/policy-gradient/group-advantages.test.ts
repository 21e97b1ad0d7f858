import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batchMeanBaseline, movingBaseline, noBaseline } from './baselines.ts'
import { batchNormalised } from './batch-normalised.ts'
import { gdpoAdvantages } from './gdpo-advantages.ts'
import { groupAdvantages, groupDeviations, populationDeviation } from './group-advantages.ts'
import { informativeGroups, zeroSpread } from './informative-groups.ts'
import { leaveOneOut } from './leave-one-out.ts'

const close = (values: readonly number[]) => values.map((x) => expect.closeTo(x, 12))

const scored = fc.array(
  fc.record({
    reward: fc.oneof(fc.constantFrom(NaN, -Infinity, Infinity), fc.double({ min: -5, max: 5, noNaN: true })),
    group: fc.nat(2),
  }),
  { minLength: 1, maxLength: 12 },
)
const columns = (rows: readonly { readonly reward: number; readonly group: number }[]) =>
  [rows.map(({ reward }) => reward), rows.map(({ group }) => group)] as const

describe('advantages within groups', () => {
  const OPTIONS = [{ scale: 'group' }, { scale: 'batch' }, { scale: 'none' }] as const
  test.each(OPTIONS)('sum to 0 in every group, are 0 where there is no reward, and finite ($scale)', (options) => {
    fc.assert(
      fc.property(scored, (rows) => {
        const [rewards, group] = columns(rows)
        for (const advantages of [groupAdvantages(rewards, group, options), leaveOneOut(rewards, group)]) {
          expect(advantages.every(Number.isFinite)).toBe(true)
          rewards.forEach((r, row) => Number.isFinite(r) || expect(advantages[row]).toBe(0))
          for (const g of group) {
            const own = [...advantages].filter((_, row) => group[row] === g)
            expect(own.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 6)
          }
        }
      }),
    )
  })

  test('are those of the reward up to a constant of the prompt', () => {
    const group = [0, 1, 0, 1, 0]
    const rewards = [1, 4, -2, 0, 0.5]
    const shifted = rewards.map((r, row) => r + [10, -3][group[row]])
    expect([...groupAdvantages(shifted, group)]).toEqual(close([...groupAdvantages(rewards, group)]))
    expect([...leaveOneOut(shifted, group)]).toEqual(close([...leaveOneOut(rewards, group)]))
  })

  test('leave-one-out is what it says', () => {
    expect([...leaveOneOut([3, 0, 6, 7], [0, 0, 0, 1])]).toEqual(close([3 - 3, 0 - 4.5, 6 - 1.5, 0]))
  })

  test('a group of equal rewards has none at all, however they round', () => {
    expect([...groupAdvantages([0.1, 0.1, 0.1], [0, 0, 0])]).toEqual([0, 0, 0])
    expect([...leaveOneOut([0.1, 0.1, 0.1], [0, 0, 0])]).toEqual([0, 0, 0])
  })

  test("HALOs' deviation and epsilon are a choice", () => {
    const [a] = groupAdvantages([1, 0], [0, 0], { deviation: populationDeviation, epsilon: 1e-2 })
    expect(a).toBeCloseTo(0.5 / (0.5 + 1e-2), 12)
  })

  test('rewards without groups are an error', () => {
    expect(() => groupAdvantages([1, 2], [0])).toThrow(
      'groupAdvantages: group must have length 2, one a reward, found 1',
    )
    expect(() => gdpoAdvantages([[1, 2]], [1, 1], [0, 0])).toThrow('weights must have length 1, one a reward function')
  })

  test('a scale that there is not, and an epsilon that is no number, are errors', () => {
    expect(() => groupAdvantages([1, 2], [0, 0], { scale: 'Group' as never })).toThrow(
      'scale must be group, batch, none',
    )
    expect(() => groupAdvantages([1, 2], [0, 0], { epsilon: NaN })).toThrow('epsilon must be at least 0, found NaN')
    expect(() => batchNormalised([1, 2], undefined, NaN)).toThrow('epsilon must be at least 0, found NaN')
  })
})

test('the deviation of a group is a sample’s, and 0 for a reward alone', () => {
  const deviations = groupDeviations([1, 3, 5, NaN, 5, 5, 9], [0, 0, 1, 1, 2, 2, 0])
  const first = Math.sqrt((100 / 9 + 16 / 9 + 196 / 9) / 2)
  expect([...deviations]).toEqual(close([first, first, 0, 0, 0, 0, first]))
})

test('what dynamic sampling keeps is exactly what has an advantage', () => {
  fc.assert(
    fc.property(scored, (rows) => {
      const [rewards, group] = columns(rows)
      const kept = informativeGroups(rewards, group)
      const advantages = leaveOneOut(rewards, group)
      const known = rewards.filter(Number.isFinite).length
      const silent = rewards.filter((r, row) => Number.isFinite(r) && kept[row] === 0).length
      expect(zeroSpread(rewards, group)).toBeCloseTo(known === 0 ? 0 : silent / known, 12)
      kept.forEach((keep, row) => keep === 0 && expect(advantages[row]).toBe(0))
    }),
  )
  expect([...informativeGroups([1, 1, 0, 1, NaN, 0], [0, 0, 1, 1, 1, 2])]).toEqual([0, 0, 1, 1, 0, 0])
})

test('a row that no function could judge has no part in GDPO', () => {
  const [a, b] = [
    [1, NaN, 0, 0.3],
    [NaN, NaN, 2, 1],
  ]
  const advantages = gdpoAdvantages([a, b], [1, 0.5], [0, 0, 0, 0])
  expect(advantages[1]).toBe(0)
  expect([...advantages].every(Number.isFinite)).toBe(true)
  expect([...batchNormalised([1, 2, 99], [1, 1, 0])].slice(2)).toEqual([0])
})

test('baselines: none, the mean of the batch, and a moving one that is a value', () => {
  expect([...noBaseline([2, NaN])]).toEqual([2, 0])
  expect([...batchMeanBaseline([1, NaN, 3])]).toEqual([-1, 0, 1])
  const { advantages, baseline } = movingBaseline([1, 3, NaN], 0.5, 0.9)
  expect([...advantages]).toEqual([0.5, 2.5, 0])
  expect(baseline).toBeCloseTo(0.9 * 0.5 + 0.1 * 2, 12)
  expect(movingBaseline([NaN], 0.5).baseline).toBe(0.5)
  expect(() => movingBaseline([1], NaN)).toThrow('movingBaseline: baseline must be finite, found NaN')
  expect(() => movingBaseline([1], 0, 2)).toThrow('movingBaseline: decay must be within 0 and 1, found 2')
})

test('an infinite reward is none: it is in no statistic, of its group or of the batch', () => {
  const [given, none] = [-Infinity, NaN].map((r) => [r, 1, 2, 0, 3])
  const group = [0, 0, 0, 1, 1]
  for (const scale of ['group', 'batch', 'none'] as const)
    expect(groupAdvantages(given, group, { scale })).toEqual(groupAdvantages(none, group, { scale }))
  expect([...leaveOneOut(given, group)]).toEqual([0, -1, 1, -3, 3])
  expect([...noBaseline(given)]).toEqual([0, 1, 2, 0, 3])
  expect([...batchMeanBaseline(given)]).toEqual([0, -0.5, 0.5, -1.5, 1.5])
  expect(movingBaseline(given, 0.5)).toEqual(movingBaseline(none, 0.5))
  expect(gdpoAdvantages([given], [1], group)).toEqual(gdpoAdvantages([none], [1], group))
  expect([...informativeGroups([Infinity, 1], [0, 0])]).toEqual([0, 0])
  expect([...batchNormalised([1, NaN, 3, -Infinity], undefined, 0)]).toEqual(close([-Math.SQRT1_2, 0, Math.SQRT1_2, 0]))
  expect([...batchNormalised([1, NaN])]).toEqual([0, 0])
})

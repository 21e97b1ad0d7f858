import { expect, test } from 'vitest'
import fc from 'fast-check'
import { amongRows } from './among-rows.ts'
import { batchOf } from './batch.test.fixture.ts'
import { bounded, truncated } from './bound.ts'
import { classBalance } from './class-balance.ts'
import { densityRatio } from './density-ratio.ts'
import { uniform } from './estimator.ts'
import { importanceRatio } from './importance-ratio.ts'
import { labelConfidence } from './label-confidence.ts'
import { product } from './product.ts'
import { promptBalance } from './prompt-balance.ts'
import { promptColumn } from './prompt-column.ts'
import { rewardGap } from './reward-gap.ts'
import { stalenessDecay } from './staleness-decay.ts'
import { weighEach } from './weigh-each.ts'
import { statisticsOfEach, weightMetrics } from './weight-statistics.ts'

const near = (...weights: readonly number[]): unknown[] => weights.map((w) => expect.closeTo(w, 5))

const real = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true })

type Judged = { readonly rows: number; readonly keep: Uint8Array; readonly p: readonly number[] }
const judged = (...p: readonly number[]): Judged => ({ rows: p.length, keep: new Uint8Array(p.length).fill(1), p })
const ofP = ({ p }: Judged): readonly number[] => p
/** A column that is too short for a batch of two. */
const alone = (): readonly number[] => [1]

test('density ratios are the odds of the classifier; distribution matching weighs the undesirable alone', () => {
  expect([...densityRatio(ofP)(judged(0.2, 0.5, 0.9))]).toEqual(near(0.25, 1, 9))
  const undesirable = () => [1, 1, 0, 1]
  const udm = amongRows(undesirable, bounded(densityRatio(ofP), truncated({ min: 0.5, max: 10 })))
  expect([...udm(judged(0.2, 0.5, 0.9, 1))]).toEqual(near(0.5, 1, 1, 10))
})

test('confidence is 0 for a coin flip and for a wrong label; a reward gap is the confidence that it stands for', () => {
  expect([...labelConfidence(ofP)(judged(0.2, 0.5, 0.75, 1))]).toEqual(near(0, 0, 0.5, 1))
  fc.assert(
    fc.property(real(-20, 20), real(0.1, 5), (gap, tau) => {
      const p = 1 / (1 + Math.exp(-gap / tau))
      expect(rewardGap(ofP, tau)(judged(gap))[0]).toBeCloseTo(labelConfidence(ofP)(judged(p))[0], 5)
    }),
  )
})

test.each([
  [() => densityRatio(ofP)(judged(0.5, 1.2)), 'densityRatio: row 1 has probability 1.2'],
  [() => labelConfidence(ofP)(judged(NaN)), 'labelConfidence: row 0 has probability NaN'],
  [() => densityRatio(alone)(judged(1, 1)), 'densityRatio: probability must have length 2, one a row, found 1'],
  [() => labelConfidence(alone)(judged(1, 1)), 'labelConfidence: probability must have length 2, one a row, found 1'],
  [() => rewardGap(alone)(judged(1, 1)), 'rewardGap: gap must have length 2, one a row, found 1'],
  [() => classBalance(alone)(judged(1, 1)), 'classBalance: desirable must have length 2, one a row, found 1'],
  [() => amongRows(alone, uniform)(judged(1, 1)), 'amongRows: selected must have length 2, one a row, found 1'],
  [() => rewardGap(ofP, 0), 'rewardGap: temperature must be above 0, found 0'],
  [() => classBalance(ofP, { ratio: -1 }), 'classBalance: ratio must be above 0, found -1'],
  [() => stalenessDecay({ halfLife: 0 }), 'stalenessDecay: halfLife must be above 0, found 0'],
])('what is out of range is named', (make, message) => expect(make).toThrow(message))

test('classes stand in the proportion asked for, and weights average 1', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 9 }), real(0.5, 2), (label, ratio) => {
      const weights = [...classBalance(ofP, { ratio })(judged(...label))]
      const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0)
      const [good, bad] = [1, 0].map((kind) => sum(weights.filter((_, row) => label[row] === kind)))
      expect(sum(weights)).toBeCloseTo(label.length, 4)
      if (good > 0 && bad > 0) expect(good / bad).toBeCloseTo(ratio, 4)
    }),
  )
})

test('counts of a dataset balance batches that do not show it; dropped rows are not counted', () => {
  expect([...classBalance(ofP, { counts: { desirable: 3, undesirable: 1 } })(judged(1, 1))]).toEqual(near(2 / 3, 2 / 3))
  const some = { ...judged(1, 1, 1, 0), keep: Uint8Array.of(1, 0, 0, 1) }
  expect([...classBalance(ofP)(some)]).toEqual([1, 0, 0, 1])
})

const row = { logPF: Math.log(0.2), logBehaviour: Math.log(0.1) }
const batch = batchOf(row, row, { ...row, group: 1 })

test('a sample counts half after a half-life; what does not say its age is new', () => {
  const aged = { ...batch, step: 12, sampledAt: Int32Array.of(12, 7, 2) }
  expect([...stalenessDecay({ halfLife: 5 })(aged)]).toEqual(near(1, 0.5, 0.25))
  expect([...stalenessDecay({ halfLife: 5, now: () => 17 })(aged)]).toEqual(near(0.5, 0.25, 0.125))
  expect([...stalenessDecay({ halfLife: 5 })(batch)]).toEqual([1, 1, 1])
})

test('a product multiplies estimators of any batch that has what each of them reads', () => {
  expect([...product(importanceRatio(), promptBalance)(batch)]).toEqual(near(1.5, 1.5, 3))
  expect([...product(uniform, promptBalance)({ ...batch, keep: Uint8Array.of(1, 0, 1) })]).toEqual([1, 0, 1])
})

test('a column of the dataset is read by row, booleans as numbers, and its absence named', () => {
  const rows = [{ label: true }, { label: 0.25 }]
  const read = { ...batch, prompts: batch.prompts.map((prompt, i) => ({ ...prompt, row: rows[i] })) }
  expect([...promptColumn('label')(read)]).toEqual([1, 1, 0.25])
  expect(() => promptColumn('score')(read)).toThrow('prompt a: column score must be a number, found undefined')
})

test('samples of a list are weighed by what they say of themselves, and keep the rest', () => {
  const pairs = [0.5, 0.9, 1].map((agreement, i) => ({ agreement, name: `pair ${i}`, weight: 7 }))
  const sure = weighEach<(typeof pairs)[number]>(
    labelConfidence(({ samples }) => samples.map(({ agreement }) => agreement)),
    truncated({ min: 0.1 }),
  )
  const weight = near(0.1, 0.8, 1)
  expect(sure(pairs)).toEqual(pairs.map((pair, i) => ({ ...pair, weight: weight[i], clipped: i === 0 })))
  expect(sure([])).toEqual([])
  expect(weightMetrics(statisticsOfEach(sure(pairs)))).toEqual({
    effective_sample_size: expect.closeTo(1.9 ** 2 / (0.1 ** 2 + 0.8 ** 2 + 1), 5),
    'weight/min': expect.closeTo(0.1, 5),
    'weight/max': 1,
    'weight/clipped_fraction': expect.closeTo(1 / 3, 9),
  })
  expect(statisticsOfEach([{}, { weight: 1 }])).toEqual({ effectiveSampleSize: 2, min: 1, max: 1, clipped: 0 })
  expect(statisticsOfEach([])).toEqual({ effectiveSampleSize: 0, min: 0, max: 0, clipped: 0 })
})

import { type Annotated, type Weighted, tokenMDP } from '@gfnlm/env'
import { TestScheduler } from 'rxjs/testing'
import { expect, test } from 'vitest'
import { masked, truncated } from './bound.ts'
import { uniform } from './estimator.ts'
import { reweightTokens, weighedTokens } from './reweight-tokens.ts'
import { reweight, weighed } from './reweight.ts'
import { weightStatistics } from './weight-statistics.ts'

/** A batch of two completions, of which the second's reward failed. */
const batch = (step: number): Annotated => ({
  step,
  seed: 0,
  prompts: [{ id: 'p', text: '', tokens: Int32Array.of(), row: {} }],
  mdp: tokenMDP({ terminator: 0, maxLength: 1 }),
  rows: 2,
  width: 2,
  group: Int32Array.of(0, 0),
  tokens: Int32Array.of(1, 0, 2, 0),
  length: Int32Array.of(1, 1),
  logPF: new Float32Array(4),
  logBehaviour: new Float32Array(4),
  origin: ['policy', 'policy'],
  logReward: Float32Array.of(0, -1, NaN, NaN),
  rewardTemperature: 1,
  keep: Uint8Array.of(1, 0),
})
const [a, b] = [batch(1), batch(2)]
const weighted = (of: Annotated, ...weight: readonly number[]): Weighted => ({
  ...of,
  weight: Float32Array.from(weight),
  clipped: Uint8Array.of(0, 0),
})
const marbles = (run: Parameters<TestScheduler['run']>[0]): void => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run)
}

test('every batch comes out once, in order, with its weights; the source is left when it completes', () => {
  marbles(({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('  -a-b-|', { a, b })
    const subscription = ' ^----!'
    expectObservable(source.pipe(reweight(uniform))).toBe('-a-b-|', { a: weighted(a, 1, 0), b: weighted(b, 1, 0) })
    expectSubscriptions(source.subscriptions).toBe(subscription)
  })
})

test('unsubscribing leaves the source at once', () => {
  marbles(({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b-|', { a, b })
    const unsubscribed = '^-!'
    expectObservable(source.pipe(reweight(uniform)), unsubscribed).toBe('-a', { a: weighted(a, 1, 0) })
    expectSubscriptions(source.subscriptions).toBe(unsubscribed)
  })
})

test('an error of the source passes through', () => {
  marbles(({ cold, expectObservable }) => {
    expectObservable(cold('-a-#', { a }, new Error('gone')).pipe(reweight(uniform))).toBe(
      '-a-#',
      { a: weighted(a, 1, 0) },
      new Error('gone'),
    )
  })
})

test('a dropped row weighs 0 whatever the estimator says of it', () => {
  marbles(({ cold, expectObservable }) => {
    const source = cold('a|', { a })
    expectObservable(source.pipe(reweight(() => Float32Array.of(3, NaN)))).toBe('a|', { a: weighted(a, 3, 0) })
  })
})

test.each([
  ['too few', Float32Array.of(1), '1 weights for 2 rows'],
  ['negative', Float32Array.of(-1, 1), 'the weight of row 0 is -1; a ratio may need a bound'],
  ['NaN', Float32Array.of(NaN, 1), 'the weight of row 0 is NaN; what it is made of is not known there'],
  ['infinite', Float32Array.of(Infinity, 1), 'the weight of row 0 is Infinity; a ratio may need a bound'],
])('weights that are %s end the stream with an error and leave the source', (_, weight, message) => {
  marbles(({ cold, expectObservable, expectSubscriptions }) => {
    const source = cold('-a-b|', { a, b })
    expectObservable(source.pipe(reweight(() => weight))).toBe('-#', undefined, new RangeError(message))
    expectSubscriptions(source.subscriptions).toBe('^!')
  })
})

test('a bound is applied last, says whom it changed, and the statistics are those of kept rows', () => {
  const both = { ...a, keep: Uint8Array.of(1, 1) }
  const estimate = () => Float32Array.of(0.5, Infinity)
  expect(weighed(estimate, masked({ max: 3 }))(both)).toMatchObject({
    weight: Float32Array.of(0.5, 0),
    clipped: Uint8Array.of(0, 1),
  })
  const cut = weighed(estimate, truncated({ max: 3 }))
  expect(weightStatistics(cut(both))).toEqual({
    effectiveSampleSize: expect.closeTo(3.5 ** 2 / (0.25 + 9), 9),
    min: 0.5,
    max: 3,
    clipped: 0.5,
  })
  expect(weightStatistics(cut(a))).toEqual({ effectiveSampleSize: 1, min: 0.5, max: 0.5, clipped: 0 })
  const none = cut({ ...a, keep: Uint8Array.of(0, 0) })
  expect(weightStatistics(none)).toEqual({ effectiveSampleSize: 0, min: 0, max: 0, clipped: 0 })
})

test('tokens are weighed and bounded alike; what is dropped or past the end weighs 1', () => {
  marbles(({ cold, expectObservable }) => {
    const short = { ...a, length: Int32Array.of(0, 1) }
    const estimate = () => Float32Array.of(4, NaN, NaN, -1)
    const tokenWeightStatistics = { effectiveSampleSize: 1, min: 2, max: 2, clipped: 1 }
    const expected = { ...short, tokenWeight: Float32Array.of(2, 1, 1, 1), tokenWeightStatistics }
    const source = cold('-a|', { a: short })
    expectObservable(source.pipe(reweightTokens(estimate, truncated({ max: 2 })))).toBe('-a|', { a: expected })
  })
  const both = weighedTokens(() => Float32Array.of(3, 1, 9, 9), truncated({ max: 2 }))(a)
  expect(both.tokenWeightStatistics).toEqual({
    effectiveSampleSize: expect.closeTo(9 / 5, 9),
    min: 1,
    max: 2,
    clipped: 0.5,
  })
  expect(() => weighedTokens(() => Float32Array.of(1, NaN, 1, 1))(a)).toThrow(
    'the weight of row 0, token 1 is NaN; what it is made of is not known there',
  )
  expect(() => weighedTokens(() => Float32Array.of(1))(a)).toThrow('1 token weights for 2 rows of 2 columns')
})

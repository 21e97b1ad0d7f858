import { type Trajectories, tokenMDP } from '@gfnlm/env'
import { expect, test } from 'vitest'
import { distinctN, pairwiseDistance, uniqueFraction, withinPrompts } from './diversity.ts'

const of = (...completions: readonly (readonly number[])[]): Int32Array[] =>
  completions.map((ids) => Int32Array.from(ids))

test('distinct-n counts n-grams over all completions', () => {
  expect(distinctN(1)(of([1, 2, 1], [1, 3]))).toBe(3 / 5)
  expect(distinctN(2)(of([1, 2, 1], [1, 2]))).toBe(2 / 3)
  expect(distinctN(2)(of([12], [1]))).toBeNaN()
  expect(distinctN(1)(of([1, 2], [12]))).toBe(1) // ids are compared, not their digits
})

test('the mean pairwise distance is 0 for copies and 1 for completions that share nothing', () => {
  expect(pairwiseDistance(of([1, 2], [1, 2]))).toBe(0)
  expect(pairwiseDistance(of([1, 2], [3, 4], [5, 6]))).toBe(1)
  expect(pairwiseDistance(of([1, 2], [1, 3], [1, 2, 3, 4]))).toBeCloseTo((1 / 2 + 2 / 4 + 2 / 4) / 3, 15)
  expect(pairwiseDistance(of([], []))).toBe(0)
  expect(pairwiseDistance(of([1]))).toBeNaN()
})

test('the unique fraction falls with every copy', () => {
  expect(uniqueFraction(of([1], [2], [1], [1]))).toBe(0.5)
  expect(uniqueFraction(of([1, 2], [12]))).toBe(1)
})

const batch: Trajectories = {
  step: 0,
  seed: 0,
  prompts: ['a', 'b', 'c'].map((id) => ({ id, text: '', tokens: Int32Array.of(), row: {} })),
  mdp: tokenMDP({ terminator: 0, maxLength: 1 }),
  rows: 5,
  width: 2,
  group: Int32Array.of(0, 0, 1, 1, 2),
  tokens: Int32Array.of(1, 0, 1, 0, 2, 0, 3, 0, 4, 0),
  length: new Int32Array(5).fill(1),
  logPF: new Float32Array(10),
  logBehaviour: new Float32Array(10),
  origin: ['policy', 'policy', 'policy', 'policy', 'policy'],
}

test('within prompts: differences between prompts add nothing, prompts with one completion are left out', () => {
  expect(withinPrompts(batch, pairwiseDistance)).toBe(0.5)
  expect(withinPrompts(batch, uniqueFraction)).toBeCloseTo((0.5 + 1 + 1) / 3, 15)
})

import { expect, test } from 'vitest'
import { everyPair, firstIsChosen, firstTwo } from './pick-pair.ts'

const judged = (rewards: readonly number[], ended = rewards.map(() => true)) => ({ rewards, ended })

test('a tie goes to the first, and what was cut off loses the penalty', () => {
  expect(firstIsChosen(judged([0.7, 0.7, -Infinity]), judged([0.7, 0.8, -Infinity]))).toEqual([true, false, true])
  expect(firstIsChosen(judged([2], [false]), judged([1.5]), 1)).toEqual([false])
})

test('a completion that nobody could judge is in no pair', () => {
  expect(firstIsChosen(judged([0.7, NaN, NaN]), judged([NaN, 0.7, NaN]))).toEqual([undefined, undefined, undefined])
})

test('a pair is of completions that were judged: the first two, or every two that differ', () => {
  expect([[2, 2, 9], [1, 2], [1, NaN, 2], [null, 1], [3]].map(firstTwo)).toEqual([
    { chosen: 0, rejected: 1 },
    { chosen: 1, rejected: 0 },
    undefined,
    undefined,
    undefined,
  ])
  expect(everyPair([1, 3, null, NaN, 1, -Infinity])).toEqual([
    { chosen: 0, rejected: 5 },
    { chosen: 1, rejected: 0 },
    { chosen: 1, rejected: 4 },
    { chosen: 1, rejected: 5 },
    { chosen: 4, rejected: 5 },
  ])
})

import { expect, test } from 'vitest'
import { firstIsChosen } from './pick-pair.ts'

const judged = (rewards: readonly number[], ended = rewards.map(() => true)) => ({ rewards, ended })

test('a tie goes to the first, and what was cut off loses the penalty', () => {
  expect(firstIsChosen(judged([0.7, 0.7, -Infinity]), judged([0.7, 0.8, -Infinity]))).toEqual([true, false, true])
  expect(firstIsChosen(judged([2], [false]), judged([1.5]), 1)).toEqual([false])
})

test('a completion that nobody could judge is in no pair', () => {
  expect(firstIsChosen(judged([0.7, NaN, NaN]), judged([NaN, 0.7, NaN]))).toEqual([undefined, undefined, undefined])
})

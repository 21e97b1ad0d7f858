import { expect, test } from 'vitest'
import { type Annotated, completionOf, settledTokens, terminalReward } from './batch.ts'
import { tokenMDP } from './token-mdp.ts'

const batch: Annotated = {
  step: 0,
  seed: 1,
  prompts: [{ id: 'p', text: '', tokens: Int32Array.of(), row: {} }],
  mdp: tokenMDP({ terminator: 9, maxLength: 2 }),
  rows: 3,
  width: 3,
  group: Int32Array.of(0, 0, 0),
  tokens: Int32Array.of(1, 2, 9, 3, 9, 7, 9, 7, 7),
  length: Int32Array.of(2, 1, 0),
  logPF: new Float32Array(9),
  logBehaviour: new Float32Array(9),
  origin: ['policy', 'policy', 'policy'],
  logReward: Float32Array.of(-1, -2, -3, -4, -5, NaN, -6, NaN, NaN),
  rewardTemperature: 2,
  keep: Uint8Array.of(1, 1, 0),
}

test('a completion is the tokens before the terminator', () => {
  expect([0, 1, 2].map((row) => [...completionOf(batch, row)])).toEqual([[1, 2], [3], []])
})

test('a completion is its own copy: changing it leaves the batch as it is', () => {
  completionOf(batch, 0).fill(0)
  expect(batch.tokens[0]).toBe(1)
})

test('the terminal reward is that of the terminator column, untempered, NaN for a dropped row', () => {
  expect([...terminalReward(batch)]).toEqual([-3, -5, NaN])
})

test('settled tokens hold the terminator past the end, whatever the padding was', () => {
  expect([...settledTokens(batch)]).toEqual([1, 2, 9, 3, 9, 9, 9, 9, 9])
})

import { expect, test } from 'vitest'
import type { Weighted } from './batch.ts'
import { selectRows } from './select-rows.ts'
import { tokenMDP } from './token-mdp.ts'

const batch: Weighted = {
  step: 3,
  seed: 1,
  prompts: [],
  mdp: tokenMDP({ terminator: 9, maxLength: 1 }),
  rows: 3,
  width: 2,
  group: Int32Array.of(0, 1, 0),
  tokens: Int32Array.of(1, 9, 9, 9, 2, 9),
  length: Int32Array.of(1, 0, 1),
  logPF: Float32Array.of(-1, -2, -3, NaN, -5, -6),
  logBehaviour: new Float32Array(6),
  logReward: Float32Array.of(NaN, 1, 2, NaN, NaN, 3),
  rewardTemperature: 1,
  keep: Uint8Array.of(1, 0, 1),
  weight: Float32Array.of(1, 2, 3),
  origin: ['policy', 'replay', 'dataset'],
  tokenWeight: Float32Array.of(1, 2, 3, 4, 5, 6),
}

test('rows come out whole, in the order asked for', () => {
  expect(selectRows(batch, [2, 1])).toEqual({
    ...batch,
    rows: 2,
    group: Int32Array.of(0, 1),
    tokens: Int32Array.of(2, 9, 9, 9),
    length: Int32Array.of(1, 0),
    logPF: Float32Array.of(-5, -6, -3, NaN),
    logBehaviour: new Float32Array(4),
    logReward: Float32Array.of(NaN, 3, 2, NaN),
    keep: Uint8Array.of(1, 0),
    weight: Float32Array.of(3, 2),
    origin: ['dataset', 'replay'],
    tokenWeight: Float32Array.of(5, 6, 3, 4),
  })
})

import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { THREE, tensorsOf } from './batch.test.fixture.ts'
import { learnedPotentials, modifiedPotentials } from './potentials.ts'
import { squared } from './regression.ts'
import { adjacentPairs, allPairs } from './sub-trajectories.ts'
import { terminationOf } from './termination-values.ts'
import { extentOf } from './trajectory-inputs.ts'

const batch = tensorsOf(THREE)
const extent = extentOf('test', batch)
const everyPair = { normalisation: 'pooled', lambda: 1 } as const

test('the residual of a sub-trajectory is the sum of those of its transitions', () => {
  const potentials = modifiedPotentials(batch, extent, 0)
  const pairs = allPairs(potentials, everyPair, squared).residual.arraySync() as number[][][]
  const steps = adjacentPairs(potentials, 'pooled', squared).residual.arraySync() as number[][]
  THREE.length.forEach((length, row) => {
    for (let i = 0; i < length; i++)
      for (let j = i + 1; j <= length; j++)
        expect(pairs[row][i][j]).toBeCloseTo(
          steps[row].slice(i, j).reduce((a, b) => a + b, 0),
          5,
        )
  })
})

test('a transition is r_t + log P_F + e_{t+1} − r_{t+1} − e_t', () => {
  const { residual } = adjacentPairs(modifiedPotentials(batch, extent, 0), 'pooled', squared)
  const [[first]] = residual.arraySync() as number[][]
  expect(first).toBeCloseTo(-3.01237 - 0.082507 - 1.517121 + 0.955084 + 1.666057, 5)
})

test('a learned flow adds the end as a node, one terminator after the last state', () => {
  const logF = tf.fill([3, 5], 2) as tf.Tensor2D
  const { phi, transitions } = learnedPotentials(batch, extent, logF, terminationOf(batch, extent))
  const row = (phi.arraySync() as number[][])[2]
  expect([...transitions.dataSync()]).toEqual([5, 3, 2])
  expect(row[0]).toBeCloseTo(2, 5)
  expect(row[1]).toBeCloseTo(2 + 1.618983, 5)
  expect(row[2]).toBeCloseTo(-1.724113 + 1.618983 + 2.895241, 5)
})

import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { THREE, differencesOf, gradientOf, tensorsOf, valueOf } from './batch.test.fixture.ts'
import { detailedBalance } from './detailed-balance.ts'
import { modifiedDetailedBalance } from './modified-detailed-balance.ts'
import { modifiedSubTrajectoryBalance } from './modified-sub-trajectory-balance.ts'
import { subTrajectoryBalance } from './sub-trajectory-balance.ts'

const batch = { ...tensorsOf(THREE), logF: tf.randomUniform<tf.Rank.R2>([3, 5], -2, 2, 'float32', 7) }

describe('detailed balance', () => {
  test('is sub-trajectory balance on single transitions, in value and gradient', () => {
    const same = { pooled: 'detailedBalance', within: 'modifiedDetailedBalance' } as const
    for (const normalisation of ['pooled', 'within'] as const) {
      const weighting = same[normalisation]
      const [single, all] = [detailedBalance({ normalisation }), subTrajectoryBalance({ weighting })]
      expect(valueOf(single, batch)).toBeCloseTo(valueOf(all, batch), 4)
      const expected = gradientOf(all, batch, 'logF').flat()
      gradientOf(single, batch, 'logF')
        .flat()
        .forEach((g, i) => expect(g).toBeCloseTo(expected[i], 4))
    }
  })

  test('its gradient is that of its value', () => {
    const differences = differencesOf(detailedBalance(), batch, 'logPTerm')
    gradientOf(detailedBalance(), batch, 'logPTerm')
      .flat()
      .forEach((g, i) => expect(g).toBeCloseTo(differences[i], 4))
  })
})

describe('modified detailed balance', () => {
  test('pooled it is modified sub-trajectory balance at λ = 0: 9.513047', () => {
    const pooled = modifiedDetailedBalance({ normalisation: 'pooled' })
    expect(valueOf(pooled, tensorsOf(THREE))).toBeCloseTo(9.513046817126424, 5)
  })

  test('by default every trajectory counts the same: 3.914731 (gfn-lm-tuning main.py, modified_db)', () => {
    const rows = {
      logPF: [
        [-1.64869, -1.204012, -1.586883, -1.038448, 0],
        [-0.351581, -1.838947, -0.935506, 0, 0],
      ],
      logReward: [
        [-0.389295, -3.895579, -3.076131, -2.807398, -3.683937],
        [-4.713024, -2.226249, -2.347988, -2.347988, 0],
      ],
      logPTerm: [
        [-1.835482, -1.73815, -1.096425, -1.260594, 0],
        [-1.369318, -1.501706, -0.935506, 0, 0],
      ],
      length: [4, 2],
    }
    expect(valueOf(modifiedDetailedBalance(), tensorsOf(rows))).toBeCloseTo(3.9147307637938766, 5)
    expect(valueOf(modifiedDetailedBalance({ exit: 'counted' }), tensorsOf(rows))).toBeCloseTo(3.068885819660543, 5)
  })

  test('a completion without a token has no transition and dilutes nothing', () => {
    const within = modifiedSubTrajectoryBalance({ weighting: 'modifiedDetailedBalance' })
    const empty = { ...THREE, length: [4, 2, 0] }
    const alone = { ...THREE, keep: [1, 1, 0] }
    expect(valueOf(modifiedDetailedBalance(), tensorsOf(empty))).toBeCloseTo(valueOf(within, tensorsOf(alone)), 5)
  })
})

import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { THREE, type Rows, differencesOf, gradientOf, mapStates, tensorsOf, valueOf } from './batch.test.fixture.ts'
import { type FlowTrajectoryInputs, subTrajectoryBalance } from './sub-trajectory-balance.ts'
import type { Weighting } from './weighting.ts'

// torchgfn's SubTBGFlowNet executed in float64: 4, 2 and 3 actions, the terminator (here in logPTerm) included.
const ACTIONS: Rows = {
  logPF: [
    [-1.746994, -1.490722, -0.650999, 0],
    [-0.120221, 0, 0, 0],
    [-1.700201, -1.405798, 0, 0],
  ],
  logPTerm: [
    [0, 0, 0, -1.507498],
    [0, -1.488699, 0, 0],
    [0, 0, -1.120228, 0],
  ],
  logReward: [
    [0, 0, 0, -0.923801],
    [0, -1.043431, 0, 0],
    [0, 0, -1.466024, 0],
  ],
  length: [3, 1, 2],
}
const LOG_F = [
  [1.95893, -0.710652, 0.625194, -1.768314],
  [1.223951, 0.075054, NaN, NaN],
  [1.82931, -0.067079, 0.051291, NaN],
]

const withFlow = (rows: Rows, logF: number[][]): FlowTrajectoryInputs & { group: tf.Tensor1D } => ({
  ...tensorsOf(rows),
  logF: tf.tensor2d(logF),
})

const EXPECTED: readonly (readonly [Weighting, number])[] = [
  ['detailedBalance', 2.3470485848309997],
  ['modifiedDetailedBalance', 1.929868495996944],
  ['trajectoryBalance', 2.5392419157389985],
  ['geometric', 3.395534983494618],
  ['equal', 2.567340623383315],
  ['within', 1.871320953289756],
  ['equalWithin', 1.8953263366383886],
]

test.each(EXPECTED)('%s at λ = 0.9 is torchgfn’s %d', (weighting, expected) => {
  expect(valueOf(subTrajectoryBalance({ lambda: 0.9, weighting }), withFlow(ACTIONS, LOG_F))).toBeCloseTo(expected, 5)
})

test('the gradient with respect to the flow is torchgfn’s, and that of the value', () => {
  const loss = subTrajectoryBalance({ lambda: 0.9 })
  const batch = withFlow(ACTIONS, LOG_F)
  const [first] = gradientOf(loss, batch, 'logF')
  const expected = [-0.20290373801893394, -0.5531385272774155, 0.422448683095738, -0.22014037573212505]
  first.forEach((g, t) => expect(g).toBeCloseTo(expected[t], 5))
  const differences = differencesOf(loss, batch, 'logPF')
  gradientOf(loss, batch, 'logPF')
    .flat()
    .forEach((g, i) => expect(g).toBeCloseTo(differences[i], 4))
})

test('everything but the end of rewards and terminations may be unknown', () => {
  const unread = (r: number, t: number, name: string): boolean =>
    name === 'logPF' ? t >= ACTIONS.length[r] : t !== ACTIONS.length[r]
  const rows = mapStates(ACTIONS, (x, r, t, name) => (unread(r, t, name) ? NaN : x))
  const loss = subTrajectoryBalance({ lambda: 0.9 })
  expect(valueOf(loss, withFlow(rows, LOG_F))).toBeCloseTo(1.871320953289756, 5)
  expect(gradientOf(loss, withFlow(rows, LOG_F), 'logPTerm').flat().every(Number.isFinite)).toBe(true)
})

describe('the flow of states that may stop, F = R / P_F(⊤), put in as the learned one', () => {
  const logF = THREE.logReward.map((row, r) => row.map((x, t) => x - THREE.logPTerm[r][t]))

  test('counts the terminating transition beside gfn-lm-tuning’s: (14 · 9.215314 + 92.336933) / 24', () => {
    const value = valueOf(subTrajectoryBalance({ weighting: 'equal' }), withFlow(THREE, logF))
    expect(value).toBeCloseTo(9.222971870714375, 5)
  })
})

test('a flow of the wrong shape is named', () => {
  expect(() => subTrajectoryBalance()({ ...withFlow(ACTIONS, LOG_F), logF: tf.zeros([3, 5]) })).toThrow(
    'subTrajectoryBalance: logF must be [rows, states] = [3, 4], found [3, 5]',
  )
})

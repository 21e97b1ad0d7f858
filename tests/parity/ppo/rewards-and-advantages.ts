import {
  type GroupAdvantageOptions,
  type KLController,
  type Whitening,
  SAMPLE_KL,
  adaptiveKL,
  adaptiveKLPerRollout,
  batchNormalised,
  generalisedAdvantages,
  groupAdvantages,
  k1,
  k2,
  k3,
  leaveOneOut,
  shapedRewards,
  whitenCentred,
  whitenTorchtune,
  zeroOutside,
  zeroSpread,
} from '@gfnlm/losses'
import type { Formula } from '../formula.ts'
import { matrix, number, numbers } from '../json.ts'
import type { Vector } from '../layouts.ts'
import { table } from '../engine.ts'
import type { Checker } from '../run-parity.ts'
import { cells, shapeOf, toldByHost, toldByTensors } from '../told.ts'

/** Rewards of tokens: their divergence from the reference, and the score where it belongs. */
export const rewardsWithKL: Checker = ({ inputs, expected }) => {
  const found = shapedRewards({
    scores: numbers(inputs.scores),
    logProb: cells(inputs.logprobs),
    referenceLogProb: cells(inputs.ref_logprobs),
    steps: shapeOf(inputs.logprobs)[1],
    coefficient: number(inputs.kl_coeff),
    ...(inputs.score_idx === undefined ? {} : { scoreAt: numbers(inputs.score_idx) }),
  })
  const told = { rewards: found.rewards, kl: found.kl, kl_rewards: found.klRewards }
  return [{ part: '', comparisons: toldByHost(expected, told) }]
}

/** The estimators as losses and as rewards have them. */
export const klEstimators: Formula = ({ inputs, expected }) => {
  const [logProb, reference] = [inputs.logprobs, inputs.ref_logprobs].map((x) => table(matrix(x)))
  const onHost = (estimate: (a: number, b: number) => number): number[] =>
    cells(inputs.logprobs).map((lp, i) => estimate(lp, cells(inputs.ref_logprobs)[i]))
  return [
    {
      part: '',
      comparisons: [
        ...toldByTensors(expected, {
          k1: k1(logProb, reference).dataSync(),
          k2: k2(logProb, reference).dataSync(),
          k3: k3(logProb, reference).dataSync(),
        }),
        ...toldByHost(expected, {
          k1: onHost(SAMPLE_KL.k1),
          k2: onHost(SAMPLE_KL.k2),
          k3: onHost(SAMPLE_KL.k3),
        }),
      ],
    },
  ]
}

const estimated = ({ inputs }: Vector) =>
  generalisedAdvantages({
    rewards: cells(inputs.rewards),
    values: cells(inputs.values),
    steps: shapeOf(inputs.rewards)[1],
    gamma: number(inputs.gamma),
    lambda: number(inputs.lambda),
  })

/** Generalised advantages and returns, as they are. */
export const rawAdvantages: Checker = (vector) => {
  const { advantages, returns } = estimated(vector)
  return [{ part: '', comparisons: toldByHost(vector.expected, { advantages, returns }) }]
}

const whitenedAdvantages =
  (whiten: Whitening): Checker =>
  (vector) => {
    const { advantages, returns } = estimated(vector)
    const mask = vector.inputs.mask === undefined ? undefined : cells(vector.inputs.mask)
    const told = { advantages: zeroOutside(whiten(advantages, mask), mask), returns }
    return [{ part: '', comparisons: toldByHost(vector.expected, told) }]
  }

export const advantagesOfTorchtune = whitenedAdvantages(whitenTorchtune)
export const advantagesOfTRL = whitenedAdvantages(whitenCentred)

/** Completions in equal groups, one after the other. */
const groupsOf = (rewards: readonly number[], size: number): number[] => rewards.map((_, row) => Math.floor(row / size))

export const grpoAdvantages: Checker = ({ inputs, expected }) => {
  const rewards = cells(inputs.rewards)
  const group = groupsOf(rewards, number(inputs.group))
  const scale = inputs.scale as NonNullable<GroupAdvantageOptions['scale']>
  const told = { advantages: groupAdvantages(rewards, group, { scale }), frac_zero_std: zeroSpread(rewards, group) }
  return [{ part: '', comparisons: toldByHost(expected, told) }]
}

export const rlooAdvantages: Checker = ({ inputs, expected }) => {
  const rewards = cells(inputs.rewards)
  const raw = leaveOneOut(rewards, groupsOf(rewards, number(inputs.group)))
  const out = inputs.normalize === true ? batchNormalised(raw) : raw
  return [{ part: '', comparisons: toldByHost(expected, { out }) }]
}

/** The coefficients that a controller goes through. */
const controlled =
  (controller: (inputs: Vector['inputs']) => KLController): Checker =>
  ({ inputs, expected }) => {
    const next = controller(inputs)
    const samples = inputs.n_steps === undefined ? 1 : number(inputs.n_steps)
    let coefficient = number(inputs.init)
    const found = numbers(inputs.kl).map((kl) => (coefficient = next(coefficient, { kl, samples })))
    return [{ part: '', comparisons: toldByHost(expected, { out: found }) }]
  }

export const adaptiveOfTRL = controlled(({ target, horizon }) =>
  adaptiveKL({ target: number(target), horizon: number(horizon) }),
)
export const adaptiveOfRL4LMs = controlled(({ target }) => adaptiveKLPerRollout({ target: number(target) }))

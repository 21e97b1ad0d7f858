import {
  type TrajectoryInputs,
  contrastiveTrajectoryBalance,
  flowRL,
  logPartitionVariance,
  relativeLogPartitionVariance,
  relativeTrajectoryBalance,
  statesUpTo,
  trajectoryBalance,
  trajectoryBalanceWithAsynchrony,
  trustPCL,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import type { Part } from '../comparison.ts'
import { type Parameters, compareLoss, unitLoss } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, number, numbers, record } from '../json.ts'

type Inputs = Readonly<Record<string, Json>>

const int32 = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values], 'int32')
const floats = (values: Json): tf.Tensor1D => tf.tensor1d(numbers(values))

/** Sequences of so many actions; the last one, the terminator, carries the whole log-probability. */
export const wholes = (logPF: tf.Tensor, logReward: Json, actions: readonly number[]): TrajectoryInputs => {
  const [rows, states] = [logPF.size, Math.max(...actions)]
  const everywhere = (x: tf.Tensor): tf.Tensor2D => tf.mul(tf.reshape(x, [rows, 1]), tf.ones([rows, states]))
  return {
    logPF: tf.zeros([rows, states]),
    logPTerm: everywhere(logPF),
    logReward: everywhere(floats(logReward)),
    valid: statesUpTo(
      tf.tensor1d(
        actions.map((n) => n - 1),
        'int32',
      ),
      states,
    ),
    keep: tf.ones([rows]),
  }
}

/** A number of the part's name: `beta=0.5`. */
const named = (part: string, name: string): number => {
  const digits = new RegExp(`${name}=([\\d.e+-]+)`).exec(part)?.[1]
  if (digits === undefined) throw new Error(`${part}: no ${name}=…`)
  return Number(digits)
}

type Objective = (part: string, inputs: Inputs) => (given: Parameters) => tf.Scalar

/** Every sequence as one action. */
const single = (given: Parameters, reward: Json): TrajectoryInputs =>
  wholes(
    given.log_pf,
    reward,
    numbers(reward).map(() => 1),
  )

const OBJECTIVES: readonly (readonly [RegExp, Objective])[] = [
  [
    /^tb_mean_square/,
    (_, { log_R }) =>
      (given) =>
        unitLoss(trajectoryBalance()({ ...single(given, log_R), logZ: given.logZ as tf.Scalar })),
  ],
  [
    /^lpv/,
    (_, { log_R }) =>
      (given) =>
        unitLoss(logPartitionVariance()({ ...single(given, log_R), group: int32(numbers(log_R).map(() => 0)) })),
  ],
  [
    /^vargrad_grouped/,
    (_, { log_R, group }) =>
      (given) =>
        unitLoss(logPartitionVariance()({ ...single(given, log_R), group: int32(numbers(group)) })),
  ],
  [
    /^tba_vargrad_tb/,
    (part, { r, log_ref, group }) =>
      (given) =>
        unitLoss(
          trajectoryBalanceWithAsynchrony({ beta: named(part, 'beta') })({
            ...single(given, r),
            referenceLogProb: floats(log_ref),
            group: int32(numbers(group)),
          }),
        ),
  ],
  [
    /^rtb_half_square/,
    (part, { r, log_ref }) =>
      (given) =>
        unitLoss(
          relativeTrajectoryBalance({ beta: named(part, 'beta') })({
            ...single(given, r),
            referenceLogProb: floats(log_ref),
            logZ: given.logZ as tf.Scalar,
          }),
        ),
  ],
  [
    /^relative_lpv_half/,
    (part, { r, log_ref }) =>
      (given) =>
        unitLoss(
          relativeLogPartitionVariance({ beta: named(part, 'beta') })({
            ...single(given, r),
            referenceLogProb: floats(log_ref),
            group: int32(numbers(r).map(() => 0)),
          }),
        ),
  ],
  [
    /^trust_pcl/,
    (part, { r, log_ref }) =>
      (given) =>
        unitLoss(
          trustPCL({ alpha: named(part, 'alpha') })({
            ...single(given, r),
            referenceLogProb: floats(log_ref),
            logZ: given.logZ as tf.Scalar,
          }),
        ),
  ],
  [
    /^ctb_all_pairs_mean/,
    (_, { log_R }) =>
      (given) =>
        unitLoss(
          contrastiveTrajectoryBalance()({ ...single(given, log_R), group: int32(numbers(log_R).map(() => 0)) }),
        ),
  ],
  [
    /^flowrl/,
    (part, { rhat, log_ref, log_old, length }) =>
      (given) => {
        const [, low, high] = /clip ([\d.]+)\.\.([\d.]+)/.exec(part) ?? []
        if (low === undefined || high === undefined) throw new Error(`${part}: no clip …`)
        return unitLoss(
          flowRL({ beta: named(part, 'beta'), epsilon: 1 - Number(low), epsilonHigh: Number(high) - 1 })({
            ...wholes(given.log_pf, rhat, numbers(length)),
            referenceLogProb: floats(log_ref),
            oldLogProb: floats(log_old),
            logZ: given.logZ as tf.Scalar,
          }),
        )
      },
  ],
]

/** Objectives on whole sequences; each counts by itself. */
export const sequenceLevelLosses: Formula = ({ inputs, expected }) =>
  Object.entries(expected).map(([part, reference]): Part => {
    const objective = OBJECTIVES.find(([pattern]) => pattern.test(part))?.[1]
    if (objective === undefined) return { part, skipped: 'no checker for an objective of this name' }
    const logPF = { log_pf: floats(inputs.log_pf) }
    const parameters = 'grad_logZ' in record(reference) ? { ...logPF, logZ: tf.scalar(number(inputs.logZ)) } : logPF
    return { part, comparisons: compareLoss('', reference, parameters, objective(part, inputs)) }
  })

import { type TrajectoryInputs, logPartitionVariance, statesUpTo, trajectoryBalance } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import type { Part } from '../comparison.ts'
import { type Parameters, compareLoss, unitLoss } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, number, numbers } from '../json.ts'

type Inputs = Readonly<Record<string, Json>>

const int32 = (values: readonly number[]): tf.Tensor1D => tf.tensor1d([...values], 'int32')

/** Whole sequences as completions of no token, whose terminator carries the sequence's log-probability. */
const wholes = (logPF: tf.Tensor, inputs: Inputs): TrajectoryInputs => {
  const rows = logPF.size
  return {
    logPF: tf.zeros([rows, 1]),
    logPTerm: tf.reshape(logPF, [rows, 1]),
    logReward: tf.tensor2d(numbers(inputs.log_R), [rows, 1]),
    valid: statesUpTo(tf.zeros<tf.Rank.R1>([rows], 'int32'), 1),
    keep: tf.ones([rows]),
  }
}

const OBJECTIVES: readonly (readonly [RegExp, (inputs: Inputs) => (given: Parameters) => tf.Scalar])[] = [
  [
    /^tb_mean_square/,
    (inputs) => (given) =>
      unitLoss(trajectoryBalance()({ ...wholes(given.log_pf, inputs), logZ: given.logZ as tf.Scalar })),
  ],
  [
    /^lpv/,
    (inputs) => (given) =>
      unitLoss(
        logPartitionVariance()({ ...wholes(given.log_pf, inputs), group: int32(numbers(inputs.group).map(() => 0)) }),
      ),
  ],
  [
    /^vargrad_grouped/,
    (inputs) => (given) =>
      unitLoss(logPartitionVariance()({ ...wholes(given.log_pf, inputs), group: int32(numbers(inputs.group)) })),
  ],
]

/** Objectives on whole sequences; each counts by itself, and those that the library lacks are skipped by name. */
export const sequenceLevelLosses: Formula = ({ inputs, expected }) =>
  Object.entries(expected).map(([part, reference]): Part => {
    const objective = OBJECTIVES.find(([pattern]) => pattern.test(part))?.[1]
    if (objective === undefined) return { part, skipped: 'this objective is not written yet' }
    const logPF = { log_pf: tf.tensor1d(numbers(inputs.log_pf)) }
    const parameters = part.startsWith('tb_') ? { ...logPF, logZ: tf.scalar(number(inputs.logZ)) } : logPF
    return { part, comparisons: compareLoss('', reference, parameters, objective(inputs)) }
  })

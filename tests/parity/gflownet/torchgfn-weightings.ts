import { type Weighting, subTrajectoryBalance } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { type Parameters, compareLoss, table, unitLoss } from '../engine.ts'
import { batchOf } from '../rollout-columns.ts'
import type { Formula } from '../formula.ts'
import { type Json, matrix, numbers, record } from '../json.ts'

/** torchgfn's names of the weightings. */
const NAMES: Readonly<Record<string, Weighting>> = {
  DB: 'detailedBalance',
  ModifiedDB: 'modifiedDetailedBalance',
  TB: 'trajectoryBalance',
  geometric: 'geometric',
  equal: 'equal',
  geometric_within: 'within',
  equal_within: 'equalWithin',
}

/** A reference without its gradients where there is no action: its TB sums the padding in; ours may have none there. */
const withoutPadding = (reference: Json, actions: readonly number[]): Json => ({
  ...record(reference),
  grad_log_pf: matrix(record(reference).grad_log_pf).map((row, t) => row.map((x, n) => (t < actions[n] ? x : 0))),
})

/** All weightings of SubTB under a learned flow; the file is time-major and its actions include the terminator. */
export const torchgfnWeightings: Formula = ({ inputs, expected }) => {
  const actions = numbers(inputs.len)
  const stop = actions.map((n) => n - 1)
  const parameters = {
    log_pf: tf.transpose(table(matrix(inputs.log_pf))),
    logF: tf.transpose(table(matrix(inputs.logF))),
  }
  const [rows, states] = parameters.log_pf.shape as [number, number]
  const logReward = tf.mul<tf.Tensor2D>(tf.tensor2d(numbers(inputs.log_rewards), [rows, 1]), tf.ones([rows, states]))
  const loss = (weighting: Weighting, lambda: number) => (given: Parameters) => {
    // The terminator is the action at the last state, so its log-probability stands in the same column.
    const logPF = given.log_pf as tf.Tensor2D
    const batch = batchOf({ logPF, logPTerm: logPF, logReward }, stop)
    return unitLoss(subTrajectoryBalance({ weighting, lambda })({ ...batch, logF: given.logF as tf.Tensor2D }))
  }
  const comparisons = Object.entries(expected).flatMap(([key, reference]): readonly Comparison[] => {
    const [, name, digits] = /^(\w+) lamda=(.+)$/.exec(key) ?? []
    if (name === undefined || NAMES[name] === undefined) throw new Error(`${key}: not a weighting and its lamda`)
    const weighting = NAMES[name]
    const lambda = Number(digits)
    const at = (l: number): number => loss(weighting, l)(parameters).dataSync()[0]
    // Where the reference divides by zero, ours must be the limit from both sides.
    if (typeof reference === 'string')
      return [inFloat32(`${key} (limit)`, [at(lambda)], (at(lambda - 1e-6) + at(lambda + 1e-6)) / 2)]
    const there = withoutPadding(reference, actions)
    return compareLoss(key, there, parameters, loss(weighting, lambda), (gradient) => tf.transpose(gradient))
  })
  return [{ part: '', comparisons }]
}

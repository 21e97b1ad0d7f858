import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type Reducer, type Terms, reduce, weightedSum } from '../terms.ts'
import { type TrajectoryInputs, statesUpTo } from './trajectory-inputs.ts'

/** A batch in host memory. */
export interface Rows {
  readonly logPF: readonly (readonly number[])[]
  readonly logPTerm: readonly (readonly number[])[]
  readonly logReward: readonly (readonly number[])[]
  readonly length: readonly number[]
  readonly keep?: readonly number[]
  readonly group?: readonly number[]
}

/** Three sentences of 4, 2 and 1 tokens: gfn-lm-tuning's own figures for them are in the tests that use it. */
export const THREE: Rows = {
  logPF: [
    [-0.082507, -1.196147, -0.778965, -2.117564, 0],
    [-0.239934, -0.367123, 0, 0, 0],
    [-1.618983, 0, 0, 0, 0],
  ],
  logPTerm: [
    [-1.666057, -1.517121, -2.33654, -1.645053, -1.533426],
    [-2.433625, -1.442037, -2.210147, 0, 0],
    [-0.651765, -2.895241, 0, 0, 0],
  ],
  logReward: [
    [-3.01237, -0.955084, -0.765026, -2.410284, -3.631543],
    [-4.846032, -3.438944, -0.427441, 0, 0],
    [-3.952272, -1.724113, 0, 0, 0],
  ],
  length: [4, 2, 1],
}

const table = (rows: readonly (readonly number[])[]): tf.Tensor2D =>
  tf.tensor2d(
    rows.map((row) => [...row]),
    [rows.length, rows[0].length],
    'float32',
  )

export const tensorsOf = (rows: Rows): Required<TrajectoryInputs> => ({
  logPF: table(rows.logPF),
  logPTerm: table(rows.logPTerm),
  logReward: table(rows.logReward),
  valid: statesUpTo(tf.tensor1d([...rows.length], 'int32'), rows.logPF[0].length),
  keep: tf.tensor1d([...(rows.keep ?? rows.length.map(() => 1))]),
  group: tf.tensor1d([...(rows.group ?? rows.length.map(() => 0))], 'int32'),
})

/** Applies a change to every [rows, states] entry. */
export const mapStates = (
  rows: Rows,
  change: (x: number, row: number, t: number, name: 'logPF' | 'logPTerm' | 'logReward') => number,
): Rows => {
  const changed = (name: 'logPF' | 'logPTerm' | 'logReward') =>
    rows[name].map((row, r) => row.map((x, t) => change(x, r, t, name)))
  return { ...rows, logPF: changed('logPF'), logPTerm: changed('logPTerm'), logReward: changed('logReward') }
}

type Loss<T> = (batch: T) => Terms

const ones = (keep: tf.Tensor1D): tf.Tensor1D => tf.ones([keep.shape[0]])

/** The loss of a batch at the given weights (default 1). */
export const valueOf = <T extends TrajectoryInputs>(
  loss: Loss<T>,
  batch: T,
  weight: tf.Tensor1D = ones(batch.keep),
  reducer: Reducer = weightedSum,
): number => reduce(loss(batch), weight, reducer).dataSync()[0]

/** Gradient of the loss of a batch with respect to one of its tensors, as nested arrays. */
export const gradientOf = <T extends TrajectoryInputs>(
  loss: Loss<T>,
  batch: T,
  name: keyof T,
  weight: tf.Tensor1D = ones(batch.keep),
  reducer: Reducer = weightedSum,
): number[][] =>
  tf
    .grad((x) => reduce(loss({ ...batch, [name]: x }), weight, reducer))(batch[name] as tf.Tensor)
    .arraySync() as number[][]

/** Central differences of the loss; exact up to rounding for a loss that is quadratic in the tensor. */
export const differencesOf = <T extends TrajectoryInputs>(loss: Loss<T>, batch: T, name: keyof T): number[] => {
  const h = 0.5
  const given = batch[name] as tf.Tensor
  const values = [...(given.dataSync() as Float32Array)]
  const at = (i: number, step: number): number => {
    const moved = tf.tensor(
      values.map((x, k) => (k === i ? x + step : x)),
      given.shape,
    )
    return valueOf(loss, { ...batch, [name]: moved })
  }
  return values.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h))
}

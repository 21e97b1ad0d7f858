import type { HostTensors } from '@gfnlm/jit'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { Columns, Policy, Tensors } from '../policy.ts'

/** Host arrays as tensors of the pure-JS backend, inside a tidy. */
export const tensorsOf = (tensors: HostTensors): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, [...shape], dtype)]),
  )

export type Rows = readonly (readonly number[])[]

const widthOf = (rows: Rows): number => Math.max(...rows.map((row) => row.length))

/** Rows of tokens padded on the left with `padToken`. */
export const leftPadded = (rows: Rows, padToken: number): { tokens: tf.Tensor2D; pad: tf.Tensor1D } => {
  const width = widthOf(rows)
  return {
    tokens: tf.tensor2d(
      rows.map((row) => [...Array<number>(width - row.length).fill(padToken), ...row]),
      undefined,
      'int32',
    ),
    pad: tf.tensor1d(
      rows.map((row) => width - row.length),
      'int32',
    ),
  }
}

/** Teacher-forced logits [rows, count, vocab] as nested arrays, computed eagerly. */
export const eagerLogits = (
  policy: Policy,
  rows: Rows,
  {
    padToken = 0,
    trainable = policy.trainable,
    constants = policy.constants,
    columns = { start: 0, count: widthOf(rows) },
  }: {
    readonly padToken?: number
    readonly trainable?: HostTensors | null
    readonly constants?: HostTensors
    readonly columns?: Columns
  } = {},
): number[][][] =>
  tf.tidy(() =>
    policy
      .logits(tensorsOf(constants), trainable && tensorsOf(trainable), leftPadded(rows, padToken), columns)
      .arraySync(),
  )

/** log p of each token after the first, nats. */
export const eagerLogProbs = (policy: Policy, tokens: readonly number[]): number[] =>
  tf.tidy(() => {
    const logits = tf.tensor2d(eagerLogits(policy, [tokens])[0]!)
    const logProbs = tf.logSoftmax(logits).arraySync() as number[][]
    return tokens.slice(1).map((token, i) => logProbs[i]![token]!)
  })

/** The largest absolute difference between two nests of numbers; NaN if either holds one. */
export const apart = (a: unknown, b: unknown): number => {
  const [x, y] = [[a].flat(9), [b].flat(9)] as [number[], number[]]
  if (x.length !== y.length) return Infinity
  return x.reduce((most, value, i) => {
    const gap = Math.abs(value - y[i]!)
    return Number.isNaN(gap) ? NaN : Math.max(most, gap)
  }, 0)
}

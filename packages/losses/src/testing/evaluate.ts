import * as tf from '@tensorflow/tfjs-core'
import { gateRows } from '../row-gate.ts'
import { type Reducer, type Terms, weightedSum } from '../terms.ts'
import { type Nested, type Row, flat } from './rows.ts'

export type NamedTensors = Readonly<Record<string, tf.Tensor>>

/** A loss with what it takes to try it on any batch. */
export interface Tried {
  readonly loss: (inputs: never) => Terms
  /** Scalars that all rows share, by name. */
  readonly shared?: Readonly<Record<string, number>>
  /** Inputs that gradients flow into. */
  readonly learned: readonly string[]
  /** Given where a part of the loss is detached: without it the gradient is not that of the value. */
  readonly frozen?: Frozen
}

/** What of a loss no gradient flows through, and the loss with that part as it is at other inputs. */
export interface Frozen {
  readonly part: string
  readonly loss: (at: never) => (inputs: never) => Terms
}

/** What a batch gives: its loss, what it counts for, gradients by input (one entry a row; one for a shared scalar). */
export interface Evaluated {
  readonly value: number
  readonly mass: number
  readonly gradients: Readonly<Record<string, readonly (readonly number[])[]>>
  readonly metrics: Readonly<Record<string, number>>
}

/** Ids of groups and of tokens are integers, everything else is not. */
const INTEGERS = new Set(['group', 'prompt'])

const shapeOf = (nest: Nested): number[] => (typeof nest === 'number' ? [] : [nest.length, ...shapeOf(nest[0])])

/** An input of a batch. */
export interface Stack {
  readonly name: string
  /** Rows first; [] for a scalar that all rows share. */
  readonly shape: number[]
  readonly values: number[]
  readonly dtype: 'float32' | 'int32'
}

/** The inputs of a batch of rows. */
export const stacked = (rows: readonly Row[], shared: Readonly<Record<string, number>> = {}): readonly Stack[] => [
  ...Object.entries(shared).map(([name, x]) => ({ name, shape: [], values: [x], dtype: 'float32' as const })),
  ...Object.keys(rows[0]).map((name) => ({
    name,
    shape: [rows.length, ...shapeOf(rows[0][name])],
    values: rows.flatMap((row) => flat(row[name])),
    dtype: INTEGERS.has(name) ? ('int32' as const) : ('float32' as const),
  })),
]

/** The tensors of a batch. */
export const tensorsOf = ({ shared }: Pick<Tried, 'shared'>, rows: readonly Row[]): NamedTensors =>
  Object.fromEntries(
    stacked(rows, shared).map(({ name, shape, values, dtype }) => [name, tf.tensor(values, shape, dtype)]),
  )

/** What a training step has of a batch. */
interface Step {
  readonly value: tf.Scalar
  readonly mass: tf.Scalar
  readonly gradients: NamedTensors
  readonly metrics: Terms['metrics']
}

/** Loss, mass and gradients of tensors. */
export const step =
  ({ loss, learned }: Tried, reducer: Reducer = weightedSum) =>
  (inputs: NamedTensors, weight: tf.Tensor1D): Step => {
    const terms = (given: NamedTensors): Terms => loss(gateRows(given, weight) as never)
    const scalar = (...leaves: tf.Tensor[]): tf.Scalar =>
      reducer(terms({ ...inputs, ...Object.fromEntries(learned.map((name, i) => [name, leaves[i]])) }), weight).loss
    const { value, grads } = tf.valueAndGrads(scalar)(learned.map((name) => inputs[name]))
    const again = terms(inputs)
    return {
      value: value as tf.Scalar,
      mass: reducer(again, weight).mass,
      gradients: Object.fromEntries(learned.map((name, i) => [name, grads[i]])),
      metrics: again.metrics,
    }
  }

const split = (values: readonly number[], parts: number): number[][] =>
  Array.from({ length: parts }, (_, i) => values.slice((i * values.length) / parts, ((i + 1) * values.length) / parts))

/** What a batch gives on the current backend, at the given weights (default 1). */
export const evaluate = (
  tried: Tried,
  rows: readonly Row[],
  weight: readonly number[] = rows.map(() => 1),
  reducer: Reducer = weightedSum,
): Evaluated => {
  const { value, mass, gradients, metrics } = step(tried, reducer)(tensorsOf(tried, rows), tf.tensor1d([...weight]))
  const numberOf = (x: tf.Tensor): number => x.dataSync()[0]
  return {
    value: numberOf(value),
    mass: numberOf(mass),
    gradients: Object.fromEntries(
      Object.entries(gradients).map(([name, g]) => [name, split([...g.dataSync()], g.rank === 0 ? 1 : rows.length)]),
    ),
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, x]) => [name, numberOf(x)])),
  }
}

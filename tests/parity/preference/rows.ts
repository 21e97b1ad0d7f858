import * as tf from '@tensorflow/tfjs-core'
import type { Json } from '../json.ts'

/** A number of each row, from the row as a batch of its own. */
export const byRow = <Inputs extends object>(inputs: Inputs, of: (one: Inputs) => tf.Scalar): tf.Tensor1D => {
  const tensors = Object.entries(inputs) as [string, tf.Tensor][]
  const [rows] = tensors.find(([, x]) => x.rank > 0)![1].shape
  const one = (row: number): Inputs =>
    Object.fromEntries(tensors.map(([name, x]) => [name, x.rank === 0 ? x : tf.slice(x, row, 1)])) as Inputs
  return tf.stack(Array.from({ length: rows }, (_, row) => of(one(row)))) as tf.Tensor1D
}

/** The entries whose key has a new one. */
export const pick = (
  entries: Readonly<Record<string, Json>>,
  rename: (key: string) => string | undefined,
): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(entries).flatMap(([key, value]) => {
      const name = rename(key)
      return name === undefined ? [] : [[name, value] as const]
    }),
  )

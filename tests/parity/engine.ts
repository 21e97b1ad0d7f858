import '@gfnlm/jit'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type Terms, reduce } from '@gfnlm/losses'
import { type Comparison, inFloat32 } from './comparison.ts'
import { type Json, flatten, number, record } from './json.ts'

tf.enableProdMode()

/** A batch's loss at unit weights. */
export const unitLoss = (terms: Terms): tf.Scalar => reduce(terms, tf.ones([terms.terms.shape[0]]))

/** A batch's loss at unit weights, as a number. */
export const lossOf = (terms: Terms): number => unitLoss(terms).dataSync()[0]

/** A [rows, columns] tensor of nested lists. */
export const table = (rows: readonly (readonly number[])[]): tf.Tensor2D =>
  tf.tensor2d(
    rows.map((row) => [...row]),
    [rows.length, rows[0].length],
    'float32',
  )

/** A tensor of a number or of lists nested to any depth. */
export const tensor = (json: Json | undefined): tf.Tensor => {
  const shapeOf = (nest: Json | undefined): number[] =>
    Array.isArray(nest) ? [nest.length, ...shapeOf(nest[0] as Json)] : []
  return tf.tensor(flatten(json ?? null), shapeOf(json), 'float32')
}

/** A tensor and the name of its gradient in a case's `expected`. */
export type Parameters = Readonly<Record<string, tf.Tensor>>

/**
 * Compares a loss and its gradients with an `expected` of `{ loss, grad_… }` or a bare loss.
 *
 * @param parameters tensors by the suffix of their gradient's key: `{ log_pf }` is compared with `grad_log_pf`
 * @param reshape    puts a gradient into the order of the file (default: as it is)
 */
export const compareLoss = (
  prefix: string,
  expected: Json,
  parameters: Parameters,
  loss: (given: Parameters) => tf.Scalar,
  reshape: (gradient: tf.Tensor) => tf.Tensor = (gradient) => gradient,
): readonly Comparison[] => {
  if (typeof expected === 'number') return [inFloat32(prefix, loss(parameters).dataSync(), expected)]
  const keys = Object.keys(parameters)
  const withGradients = tf.valueAndGrads((...given: tf.Tensor[]) =>
    loss(Object.fromEntries(given.map((tensor, i) => [keys[i], tensor]))),
  )
  const { value, grads } = withGradients(keys.map((key) => parameters[key]))
  return Object.entries(record(expected)).map(([key, reference]) => {
    const what = `${prefix} ${key}`.trim()
    if (key === 'loss') return inFloat32(what, value.dataSync(), number(reference))
    const index = keys.findIndex((name) => key === `grad_${name}`)
    if (index < 0) throw new Error(`${what}: nothing to compare it with`)
    return inFloat32(what, reshape(grads[index]).dataSync(), reference)
  })
}

import type { Terms } from '@gfnlm/losses'
import type * as tf from '@tensorflow/tfjs-core'
import { type Comparison, inFloat32 } from './comparison.ts'
import { type Parameters, compareLoss, unitLoss } from './engine.ts'
import type { Json } from './json.ts'

/**
 * Compares everything a case expects of a loss: `loss`, `grad_…` of the parameters, and numbers by their key. A key
 * that nothing answers to is an error of the case.
 *
 * @param parameters tensors by the suffix of their gradient's key
 * @param told       what else the reference tells, by its key
 */
export const compareCase = (
  expected: Readonly<Record<string, Json>>,
  parameters: Parameters,
  loss: (given: Parameters) => Terms,
  told: Readonly<Record<string, tf.Tensor>> = {},
): readonly Comparison[] => {
  const ofLoss = Object.fromEntries(Object.entries(expected).filter(([key]) => !(key in told)))
  return [
    ...compareLoss('', ofLoss, parameters, (given) => unitLoss(loss(given))),
    ...Object.entries(told).flatMap(([key, found]) =>
      key in expected ? [inFloat32(key, found.dataSync(), expected[key])] : [],
    ),
  ]
}

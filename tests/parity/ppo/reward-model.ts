import { type ScoredPairs, bradleyTerry } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { lossOf } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { number, numbers } from '../json.ts'

/** Bradley–Terry plain, with a margin, and centred. */
export const rewardModel: Formula = ({ inputs, expected }) => {
  const [chosen, rejected] = [inputs.chosen, inputs.rejected].map((scores) => tf.tensor1d(numbers(scores)))
  const pairs: ScoredPairs = { chosen, rejected }
  const plain = bradleyTerry()(pairs)
  const found: Readonly<Record<string, () => number>> = {
    loss: () => lossOf(plain),
    loss_margin: () => lossOf(bradleyTerry()({ ...pairs, margin: tf.tensor1d(numbers(inputs.margin)) })),
    loss_centered: () => lossOf(bradleyTerry({ centring: number(inputs.center_coef) })(pairs)),
    accuracy: () => plain.metrics.accuracy.dataSync()[0],
  }
  const comparisons = Object.entries(expected).map(([key, reference]): Comparison => {
    if (found[key] === undefined) throw new Error(`${key}: nothing to compare it with`)
    return inFloat32(key, [found[key]()], reference)
  })
  return [{ part: '', comparisons }]
}

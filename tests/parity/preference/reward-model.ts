import { type ScoredPairs, bradleyTerry } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import { compareCase } from '../compare-case.ts'
import type { Parameters } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, matrix, number, numbers } from '../json.ts'

/** Scores of pairs by the suffix of their gradients' keys, and the margin that a case may have. */
const pairsOf = ({ chosen, rejected }: Parameters, margin: Json | undefined): ScoredPairs => ({
  chosen: chosen as tf.Tensor1D,
  rejected: rejected as tf.Tensor1D,
  ...(margin === undefined ? {} : { margin: tf.tensor1d(numbers(margin)) }),
})

/** Bradley–Terry losses of TRL's RewardTrainer, with their gradients. */
export const rewardModel: Formula = ({ inputs, hyper, expected }) => {
  const centring = hyper.center_rewards_coefficient === undefined ? 0 : number(hyper.center_rewards_coefficient)
  const parameters = {
    chosen: tf.tensor1d(numbers(inputs.rewards_chosen)),
    rejected: tf.tensor1d(numbers(inputs.rewards_rejected)),
  }
  const loss = (given: Parameters) => bradleyTerry({ centring })(pairsOf(given, inputs.margin))
  const { accuracy, margin } = loss(parameters).metrics
  return [{ part: '', comparisons: compareCase(expected, parameters, loss, { accuracy, margin }) }]
}

/** Accuracy of scores of two completions each; a tie is left out. */
export const rewardModelAccuracy: Formula = ({ inputs, expected }) => {
  const scores = matrix(inputs.predictions)
  const preferred = numbers(inputs.labels)
  const { metrics } = bradleyTerry()({
    chosen: tf.tensor1d(scores.map((of, i) => of[preferred[i]])),
    rejected: tf.tensor1d(scores.map((of, i) => of[1 - preferred[i]])),
  })
  const accuracy = metrics.accuracy_without_ties.dataSync()
  return [{ part: '', comparisons: [inFloat32('accuracy', accuracy, expected.accuracy)] }]
}

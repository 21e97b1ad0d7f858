import * as tf from '@tensorflow/tfjs-core'
import { type CompletionLoss, labelledLoss } from './completion-loss.ts'
import type { LabelledCompletions } from './completions.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type ReferencePairs, logRatios } from './pairs.ts'

/**
 * A separable loss: what it says of a chosen and of a rejected completion, neither knowing of the other. So it has two
 * forms, of pairs and of single completions; in the second each side is a row and has a weight of its own.
 */
export interface Sides {
  /** [rows] loss of a desirable completion, from its log-ratio */
  readonly desirable: (ratio: tf.Tensor1D) => tf.Tensor1D
  /** [rows] loss of an undesirable completion, from its log-ratio */
  readonly undesirable: (ratio: tf.Tensor1D) => tf.Tensor1D
}

/** The loss of pairs: the sum of both sides, mean over pairs. */
export const ofPairs = (caller: string, beta: number, { desirable, undesirable }: Sides): PairLoss<ReferencePairs> =>
  pairLoss(caller, beta, logRatios, ({ chosen, rejected }) => tf.add(desirable(chosen), undesirable(rejected)))

/** The loss of single completions: one side or the other, mean over completions (half of that of their pairs). */
export const ofCompletions = (
  caller: string,
  beta: number,
  { desirable, undesirable }: Sides,
): CompletionLoss<LabelledCompletions> => labelledLoss<LabelledCompletions>(caller, beta, desirable, undesirable)

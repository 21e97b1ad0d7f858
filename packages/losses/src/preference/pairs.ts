import * as tf from '@tensorflow/tfjs-core'
import type { Keepable } from '../kept-rows.ts'

/**
 * Pairs of completions of one prompt, a row each, the first preferred to the second. Log-probabilities are sums over
 * the tokens of the completion, nats. Inputs of a row that is not kept may hold anything, NaN included.
 */
export interface PolicyPairs extends Keepable {
  /** [pairs] log π(y_w | x) of the chosen completion */
  readonly chosenLogProb: tf.Tensor1D
  /** [pairs] log π(y_l | x) of the rejected completion */
  readonly rejectedLogProb: tf.Tensor1D
}

/** Pairs with their log-probabilities under the reference, a constant. */
export interface ReferencePairs extends PolicyPairs {
  /** [pairs] log π_ref(y_w | x) */
  readonly referenceChosenLogProb: tf.Tensor1D
  /** [pairs] log π_ref(y_l | x) */
  readonly referenceRejectedLogProb: tf.Tensor1D
}

/** How many tokens the log-probabilities of a pair are sums of. */
export interface PairLengths {
  /** [pairs] tokens of the chosen completion; 0 counts as 1. */
  readonly chosenLength: tf.Tensor1D
  /** [pairs] tokens of the rejected completion; 0 counts as 1. */
  readonly rejectedLength: tf.Tensor1D
}

/** Pairs under policy and reference, with their lengths. */
export interface MeasuredPairs extends ReferencePairs, PairLengths {}

/** Pairs under the policy alone, with their lengths. */
export interface MeasuredPolicyPairs extends PolicyPairs, PairLengths {}

/** One number for each completion of a pair. */
export interface Pair {
  /** [pairs] */
  readonly chosen: tf.Tensor1D
  /** [pairs] */
  readonly rejected: tf.Tensor1D
}

/** How much more of it the chosen completion has. */
export const gap = ({ chosen, rejected }: Pair): tf.Tensor1D => tf.sub(chosen, rejected)

/** h of both completions. */
export const ofBoth = (h: (x: tf.Tensor1D) => tf.Tensor1D, { chosen, rejected }: Pair): Pair => ({
  chosen: h(chosen),
  rejected: h(rejected),
})

/** log π of both completions. */
export const logProbs = ({ chosenLogProb, rejectedLogProb }: PolicyPairs): Pair => ({
  chosen: chosenLogProb,
  rejected: rejectedLogProb,
})

/** Δ = log π − log π_ref of both completions. */
export const logRatios = (pairs: ReferencePairs): Pair => ({
  chosen: tf.sub(pairs.chosenLogProb, pairs.referenceChosenLogProb),
  rejected: tf.sub(pairs.rejectedLogProb, pairs.referenceRejectedLogProb),
})

/** A sum over the tokens of each completion as their mean. */
export const perToken = ({ chosen, rejected }: Pair, { chosenLength, rejectedLength }: PairLengths): Pair => ({
  chosen: tf.div(chosen, tf.maximum(chosenLength, 1)),
  rejected: tf.div(rejected, tf.maximum(rejectedLength, 1)),
})

/** p̄ = log π / tokens of both completions. */
export const meanLogProbs = (pairs: MeasuredPolicyPairs): Pair => perToken(logProbs(pairs), pairs)

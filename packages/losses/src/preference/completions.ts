import type * as tf from '@tensorflow/tfjs-core'
import type { Keepable } from '../kept-rows.ts'

/** Single completions, a row each. Log-probabilities are sums over the tokens of the completion, nats. */
export interface Completions extends Keepable {
  /** [rows] log π(y | x) */
  readonly logProb: tf.Tensor1D
  /** [rows] log π_ref(y | x), a constant */
  readonly referenceLogProb: tf.Tensor1D
}

/** Single completions that somebody found good or bad. */
export interface LabelledCompletions extends Completions {
  /** [rows] 1 for a desirable completion, 0 for an undesirable one */
  readonly desirable: tf.Tensor1D
}

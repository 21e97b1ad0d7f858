import type * as tf from '@tensorflow/tfjs-core'

/** What one update sees. All parameters are one vector [n]; so are the gradient and each moment. */
export interface Update {
  readonly parameters: tf.Tensor1D
  readonly gradients: tf.Tensor1D
  readonly moments: Readonly<Record<string, tf.Tensor1D>>
  /** [] or [n] learning rate. */
  readonly rate: tf.Tensor
  /** The optimizer's own numbers for this step. */
  readonly coefficients: Readonly<Record<string, tf.Tensor>>
}

/**
 * An optimizer as a pure function: no state of its own, moments in and moments out, all elementwise on one vector,
 * so that it costs a dozen nodes however many parameters there are. Moments start at 0.
 */
export interface Optimizer {
  readonly moments: readonly string[]
  /** Numbers that depend on the step (from 0), made in float64. */
  readonly coefficients: (step: number) => Readonly<Record<string, number>>
  readonly update: (given: Update) => {
    readonly parameters: tf.Tensor1D
    readonly moments: Readonly<Record<string, tf.Tensor1D>>
  }
}

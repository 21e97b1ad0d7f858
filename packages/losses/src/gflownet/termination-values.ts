import * as tf from '@tensorflow/tfjs-core'
import { type Extent, type TrajectoryInputs, extentOf, only } from './trajectory-inputs.ts'

/** What whole completions are worth and how likely they are; 0 for rows that are not kept. */
export interface TerminationValues {
  /** [rows] log P_F(τ) = Σ_{t<l} log P_F(z_{t+1} | s_t) + log P_F(⊤ | s_l), nats */
  readonly logPF: tf.Tensor1D
  /** [rows] log R at the state where the completion stops, nats */
  readonly logReward: tf.Tensor1D
  /** [rows] tokens before the terminator; −1 for rows that are not kept */
  readonly length: tf.Tensor1D
}

/** The same, when the extent of the batch is known already. */
export const terminationOf = (batch: TrajectoryInputs, { taken, last, length }: Extent): TerminationValues => ({
  logPF: tf.add(tf.sum(only(taken, batch.logPF), 1), tf.sum(only(last, batch.logPTerm), 1)),
  logReward: tf.sum(only(last, batch.logReward), 1),
  length,
})

/**
 * Log-probability of each whole completion, terminator included, and the log reward at its end.
 *
 * @see GFNOrg/gfn-lm-tuning next_sentence/utils.py, get_termination_vals
 */
export const terminationValues = (batch: TrajectoryInputs): TerminationValues =>
  terminationOf(batch, extentOf('terminationValues', batch))

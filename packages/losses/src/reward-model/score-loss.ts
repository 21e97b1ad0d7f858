import * as tf from '@tensorflow/tfjs-core'
import { type Keepable, keptRows } from '../kept-rows.ts'
import { meanAmong } from '../mean-among.ts'
import { sequenceMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'

/** What TRL's RewardTrainer logs of the scores, each given as one [rows]: 0 where there is none to tell of. */
const scoreMetrics = (scores: readonly tf.Tensor1D[], told: tf.Tensor1D): Terms['metrics'] => {
  const all = tf.concat1d([...scores])
  const counts = tf.concat1d(scores.map(() => tf.cast(told, 'float32')))
  const known = tf.greater<tf.Tensor1D>(counts, 0)
  const without = (nothing: number): tf.Tensor1D => tf.where(known, all, tf.fill([all.size], nothing))
  const orZero = (x: tf.Scalar): tf.Scalar => tf.where(tf.isFinite(x), x, tf.zerosLike(x))
  return {
    min_reward: orZero(tf.min(without(Infinity))),
    mean_reward: meanAmong(all, known),
    max_reward: orZero(tf.max(without(-Infinity))),
  }
}

/** What a loss says of scores that are numbers in every row. */
export interface Scored {
  /** [rows] */
  readonly terms: tf.Tensor1D
  /** [rows] each: the scores that it learns */
  readonly scores: readonly tf.Tensor1D[]
  readonly metrics: Terms['metrics']
}

/**
 * A loss of scores from its formula: the mean over the rows that are kept, and what TRL logs of scores.
 *
 * @param caller the loss's name, for errors
 * @param of     terms and metrics of inputs that are numbers in every row; `told` [rows] bool, of which metrics are
 */
export const scoreLoss =
  <Inputs extends Keepable>(
    caller: string,
    of: (inputs: Inputs, told: tf.Tensor1D) => Scored,
  ): ((inputs: Inputs) => Terms) =>
  (given) => {
    const { kept, told, inputs } = keptRows(caller, given, Object.keys(given))
    const { terms, scores, metrics } = of(inputs, told)
    return {
      terms: tf.where(kept, terms, tf.zerosLike(terms)),
      ...sequenceMean(kept),
      metrics: { ...metrics, ...scoreMetrics(scores, told) },
    }
  }

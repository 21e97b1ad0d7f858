import * as tf from '@tensorflow/tfjs-core'
import { keptRows } from '../kept-rows.ts'
import { meanAmong } from '../mean-among.ts'
import { sequenceSum } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import type { Completions, LabelledCompletions } from './completions.ts'

/** A loss of single completions: one term a row. */
export type CompletionLoss<Inputs extends Completions> = (completions: Inputs) => Terms

/** [rows] bool: what is desirable. */
export const isDesirable = ({ desirable }: LabelledCompletions): tf.Tensor1D => tf.greater(desirable, 0)

/**
 * A loss of single completions from its formula.
 *
 * @param caller  the loss's name, for errors
 * @param term    [rows] the loss of each completion, from its log-ratio; inputs are numbers in every row
 * @param metrics what to log, from the log-ratios and the rows to tell of [rows] bool: kept, and not ruled out
 * @param rewards names of the inputs that are in units of reward, not in nats
 */
export const completionLoss =
  <Inputs extends Completions>(
    caller: string,
    term: (ratio: tf.Tensor1D, inputs: Inputs) => tf.Tensor1D,
    metrics: (ratio: tf.Tensor1D, inputs: Inputs, told: tf.Tensor1D) => Terms['metrics'],
    rewards: readonly string[] = [],
  ): CompletionLoss<Inputs> =>
  (given) => {
    const { kept, told, inputs } = keptRows(caller, given, rewards)
    const ratio = tf.sub<tf.Tensor1D>(inputs.logProb, inputs.referenceLogProb)
    const terms = term(ratio, inputs)
    return {
      terms: tf.where(kept, terms, tf.zerosLike(terms)),
      ...sequenceSum(kept),
      metrics: metrics(ratio, inputs, told),
    }
  }

/** `rewards/mean`: the mean of β Δ over the rows. */
export const rewardMetrics =
  (beta: number) =>
  (ratio: tf.Tensor1D, _: Completions, told: tf.Tensor1D): Terms['metrics'] => ({
    'rewards/mean': tf.mul(beta, meanAmong(ratio, told)),
  })

/**
 * What TRL logs of desirable (`chosen`) and undesirable (`rejected`) completions, means over those to tell of, 0 where
 * there is none: `rewards/chosen`, `rewards/rejected`, `rewards/margins` (their difference), `logps/chosen` and
 * `logps/rejected`, nats. Rewards are β Δ.
 */
export const labelMetrics =
  (beta: number) =>
  (ratio: tf.Tensor1D, inputs: LabelledCompletions, told: tf.Tensor1D): Terms['metrics'] => {
    const good = tf.logicalAnd<tf.Tensor1D>(told, isDesirable(inputs))
    const bad = tf.logicalAnd<tf.Tensor1D>(told, tf.logicalNot(isDesirable(inputs)))
    const [chosen, rejected] = [good, bad].map((among): tf.Scalar => tf.mul(beta, meanAmong(ratio, among)))
    return {
      'rewards/chosen': chosen,
      'rewards/rejected': rejected,
      'rewards/margins': tf.sub(chosen, rejected),
      'logps/chosen': meanAmong(inputs.logProb, good),
      'logps/rejected': meanAmong(inputs.logProb, bad),
    }
  }

/**
 * A loss that says something else of desirable and of undesirable completions.
 *
 * @param beta what a log-ratio is multiplied with to be the reward that is logged
 */
export const labelledLoss = <Inputs extends LabelledCompletions>(
  caller: string,
  beta: number,
  desirable: (ratio: tf.Tensor1D, inputs: Inputs) => tf.Tensor1D,
  undesirable: (ratio: tf.Tensor1D, inputs: Inputs) => tf.Tensor1D,
): CompletionLoss<Inputs> =>
  completionLoss<Inputs>(
    caller,
    (ratio, inputs) => tf.where(isDesirable(inputs), desirable(ratio, inputs), undesirable(ratio, inputs)),
    labelMetrics(beta),
  )

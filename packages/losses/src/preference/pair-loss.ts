import * as tf from '@tensorflow/tfjs-core'
import { keptRows } from '../kept-rows.ts'
import { meanAmong } from '../mean-among.ts'
import { sequenceSum } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { type Pair, type PolicyPairs, gap, logProbs, ofBoth } from './pairs.ts'

/** A loss of pairs: what the pairs must have is its input, and it gives one term a pair. */
export type PairLoss<Inputs extends PolicyPairs> = (pairs: Inputs) => Terms

/**
 * What TRL logs of pairs, means over those that are kept and not ruled out: `rewards/chosen` and `rewards/rejected` (the reward that the
 * policy implies), `rewards/margins`, `rewards/accuracies` (how often the chosen one has more), `logps/chosen` and
 * `logps/rejected`, nats.
 */
const pairMetrics = (reward: Pair, logProb: Pair): Readonly<Record<string, tf.Tensor1D>> => ({
  'rewards/chosen': reward.chosen,
  'rewards/rejected': reward.rejected,
  'rewards/margins': gap(reward),
  'rewards/accuracies': tf.cast(tf.greater(reward.chosen, reward.rejected), 'float32'),
  'logps/chosen': logProb.chosen,
  'logps/rejected': logProb.rejected,
})

/**
 * A pair loss from its formula.
 *
 * @param caller the loss's name, for errors
 * @param beta   what the score is multiplied with to be the reward that is logged
 * @param score  what the policy thinks of each completion: a log-ratio, a log-probability
 * @param term   [pairs] the loss of each pair, from its scores; inputs and scores are numbers in every row
 * @param also   [pairs] what else to log the mean of
 */
export const pairLoss =
  <Inputs extends PolicyPairs>(
    caller: string,
    beta: number,
    score: (inputs: Inputs) => Pair,
    term: (score: Pair, inputs: Inputs, told: tf.Tensor1D) => tf.Tensor1D,
    also: (score: Pair, inputs: Inputs) => Readonly<Record<string, tf.Tensor1D>> = () => ({}),
  ): PairLoss<Inputs> =>
  (given) => {
    const { kept, told, inputs } = keptRows(caller, given)
    const scores = score(inputs)
    const terms = term(scores, inputs, told)
    const reward = ofBoth((x) => tf.mul(beta, x), scores)
    const logged = { ...pairMetrics(reward, logProbs(inputs)), ...also(scores, inputs) }
    const mean = ([name, x]: [string, tf.Tensor1D]): [string, tf.Scalar] => [name, meanAmong(x, told)]
    return {
      terms: tf.where(kept, terms, tf.zerosLike(terms)),
      ...sequenceSum(kept),
      metrics: Object.fromEntries(Object.entries(logged).map(mean)),
    }
  }

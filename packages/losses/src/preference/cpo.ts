import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import { smoothedLogistic } from './logistic.ts'
import type { NoisyDpoOptions } from './noisy-dpo.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type PolicyPairs, gap, logProbs } from './pairs.ts'

/** Pairs with how unlikely the chosen completion is. */
export interface PairsWithNll extends PolicyPairs {
  /** [pairs] −log π of the chosen completion, normalised as its mean over pairs shall be: see `sequenceNll` */
  readonly chosenNll: tf.Tensor1D
}

export interface CpoOptions extends NoisyDpoOptions {
  /** α ≥ 0 of the likelihood of the chosen completion. */
  readonly nllWeight?: number
}

/**
 * Contrastive preference optimisation (CPO): DPO without a reference, held by the likelihood of what is chosen.
 *
 *   z = β (log π(y_w | x) − log π(y_l | x))
 *   term = −(1 − ε) log σ(z) − ε log σ(−z) + α NLL_w,   loss = mean over pairs
 *
 * TRL's NLL is the mean over the tokens of the batch, `sequenceNll` with `tokenMean`; the paper's is a sum a sequence.
 *
 * @param options beta, default 0.1; labelSmoothing ε in [0, 1/2], default 0; nllWeight α, default 1
 * @param pairs   see PairsWithNll, nats
 * @returns terms [pairs], nats. Metrics: nll_loss, and those of pairMetrics, rewards being β log π
 * @throws RangeError for an option out of range or a wrong shape
 * @see Xu et al. 2024, arXiv:2401.08417; TRL CPOTrainer
 * @example reduce(cpo({ beta: 0.1 })({ ...pairs, chosenNll: tf.tensor1d([2]) }), weight) // 2.5981
 */
export const cpo = (options: CpoOptions = {}): PairLoss<PairsWithNll> => {
  const { beta, labelSmoothing, nllWeight } = optionsOf('cpo', options, { beta: 0.1, labelSmoothing: 0, nllWeight: 1 })
  checkBeta('cpo', beta)
  const holds = labelSmoothing >= 0 && labelSmoothing <= 0.5
  checkOption('cpo', 'labelSmoothing', labelSmoothing, holds, 'between 0 and 1/2')
  checkOption('cpo', 'nllWeight', nllWeight, nllWeight >= 0, 'at least 0')
  return pairLoss<PairsWithNll>(
    'cpo',
    beta,
    logProbs,
    (logProb, { chosenNll }) =>
      tf.add(smoothedLogistic(tf.mul(beta, gap(logProb)), labelSmoothing), tf.mul(nllWeight, chosenNll)),
    (_, { chosenNll }) => ({ nll_loss: chosenNll }),
  )
}

/**
 * The likelihood of the chosen completion alone, as a pair loss: supervised fine-tuning as one of several losses.
 *
 *   term = NLL_w,   loss = mean over pairs
 *
 * @param pairs see PairsWithNll, nats
 * @returns terms [pairs], nats. Metrics: nll_loss, and those of pairMetrics, rewards being log π
 * @throws RangeError for a wrong shape
 * @see TRL DPOTrainer loss_type=sft
 * @example reduce(multiLoss([[1, dpo()], [0.5, likelihoodOfChosen()]])({ ...pairs, chosenNll }), weight) // 1.6210
 */
export const likelihoodOfChosen = (): PairLoss<PairsWithNll> =>
  pairLoss<PairsWithNll>(
    'likelihoodOfChosen',
    1,
    logProbs,
    (_, { chosenNll }) => chosenNll,
    (_, { chosenNll }) => ({ nll_loss: chosenNll }),
  )

import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta, checkOption } from './check-option.ts'
import type { DpoOptions } from './dpo.ts'
import { logistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type MeasuredPolicyPairs, type PolicyPairs, gap, logProbs, meanLogProbs } from './pairs.ts'

interface GoldNll {
  /** [pairs] −log π of a third completion, the gold one, normalised as its mean over pairs shall be: `sequenceNll` */
  readonly goldNll: tf.Tensor1D
}

/** Pairs beside a gold completion. */
export interface Triples extends PolicyPairs, GoldNll {}

/** Pairs with lengths beside a gold completion. */
export interface MeasuredTriples extends MeasuredPolicyPairs, GoldNll {}

export interface TpoOptions extends DpoOptions {
  /** α ≥ 0 of the likelihood of the gold completion. */
  readonly nllWeight?: number
}

const checked = (caller: string, beta: number, nllWeight: number): void => {
  checkBeta(caller, beta)
  checkOption(caller, 'nllWeight', nllWeight, nllWeight >= 0, 'at least 0')
}

/**
 * Triple preference optimisation (TPO): preference between two completions, likelihood of a third, without a reference.
 *
 *   term = −log σ(β (log π(y_w | x) − log π(y_l | x))) + α NLL_gold,   loss = mean over pairs
 *
 * @param options beta, default 0.01; nllWeight α, default 1
 * @param pairs   see Triples, nats
 * @returns terms [pairs], nats. Metrics: nll_loss, and those of pairMetrics, rewards being β log π
 * @throws RangeError for an option below 0 or a wrong shape
 * @see Saeidi et al. 2024, arXiv:2405.16681; TRL TPOTrainer
 * @example reduce(tpo({ beta: 0.1 })({ ...pairs, goldNll: tf.tensor1d([1.3]) }), weight) // 1.8981
 */
export const tpo = (options: TpoOptions = {}): PairLoss<Triples> => {
  const { beta, nllWeight } = optionsOf('tpo', options, { beta: 0.01, nllWeight: 1 })
  checked('tpo', beta, nllWeight)
  return pairLoss<Triples>(
    'tpo',
    beta,
    logProbs,
    (logProb, { goldNll }) => tf.add(logistic(tf.mul(beta, gap(logProb))), tf.mul(nllWeight, goldNll)),
    (_, { goldNll }) => ({ nll_loss: goldNll }),
  )
}

/**
 * TPO-L: TPO on length-normalised log-probabilities, with SimPO's margin.
 *
 *   term = −log σ(β (p̄_w − p̄_l) − γ) + α NLL_gold,   loss = mean over pairs
 *
 * @param options beta, default 2; gamma γ, default 0.5; nllWeight α, default 1
 * @param pairs   see MeasuredTriples, nats and tokens
 * @returns terms [pairs], nats. Metrics: nll_loss, and those of pairMetrics, rewards being β p̄
 * @throws RangeError for an option out of range or a wrong shape
 * @see Saeidi et al. 2024, arXiv:2405.16681; TRL TPOTrainer loss_type=tpo-l
 * @example
 * reduce(tpoPerToken({ beta: 2.5, gamma: 1.375 })({ ...pairs, goldNll: tf.tensor1d([1.3]) }), weight) // 2.9004
 */
export const tpoPerToken = (options: TpoOptions & { readonly gamma?: number } = {}): PairLoss<MeasuredTriples> => {
  const { beta, gamma, nllWeight } = optionsOf('tpoPerToken', options, { beta: 2, gamma: 0.5, nllWeight: 1 })
  checked('tpoPerToken', beta, nllWeight)
  checkOption('tpoPerToken', 'gamma', gamma, true, 'a finite number')
  return pairLoss<MeasuredTriples>(
    'tpoPerToken',
    beta,
    meanLogProbs,
    (logProb, { goldNll }) => tf.add(logistic(tf.sub(tf.mul(beta, gap(logProb)), gamma)), tf.mul(nllWeight, goldNll)),
    (_, { goldNll }) => ({ nll_loss: goldNll }),
  )
}

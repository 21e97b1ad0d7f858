import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { checkBeta } from './check-option.ts'
import type { PairsWithNll } from './cpo.ts'
import type { DpoOptions } from './dpo.ts'
import { log1mexp } from './log1mexp.ts'
import { logistic } from './logistic.ts'
import { type PairLoss, pairLoss } from './pair-loss.ts'
import { type Pair, type PairLengths, gap, meanLogProbs, ofBoth } from './pairs.ts'

/** Pairs with lengths and with how unlikely the chosen completion is. */
export interface OddsPairs extends PairsWithNll, PairLengths {}

/** log of the ratio of odds e^p̄ / (1 − e^p̄). */
const logOddsRatio = (logProb: Pair): tf.Tensor1D => tf.sub(gap(logProb), gap(ofBoth(log1mexp, logProb)))

/**
 * Odds ratio preference optimisation (ORPO): fine-tuning and preference in one stage, without a reference.
 *
 *   p̄_y = log π(y | x) / n_y
 *   lo = (p̄_w − p̄_l) − (log(1 − e^{p̄_w}) − log(1 − e^{p̄_l}))
 *   term = NLL_w − β log σ(lo),   loss = mean over pairs
 *
 * TRL's NLL is of prompt and completion, mean over the tokens of the batch: `sequenceNll` with `tokenMean` and a mask
 * of both. p̄ is clamped to ≤ −2⁻¹²⁰, so that a completion of probability 1 has finite odds; see `log1mexp`.
 *
 * @param options beta, default 0.1 (the paper's λ)
 * @param pairs   see OddsPairs, nats and tokens
 * @returns terms [pairs], nats. Metrics: nll_loss, log_odds_chosen (mean lo), log_odds_ratio (mean log σ(lo)), and
 *          those of pairMetrics, rewards being β p̄
 * @throws RangeError for β < 0 or a wrong shape
 * @see Hong et al. 2024, arXiv:2403.07691; TRL ORPOTrainer
 * @example reduce(orpo({ beta: 0.1 })({ ...pairs, chosenNll: tf.tensor1d([2]) }), weight) // 2.0693
 */
export const orpo = (options: DpoOptions = {}): PairLoss<OddsPairs> => {
  const { beta } = optionsOf('orpo', options, { beta: 0.1 })
  checkBeta('orpo', beta)
  return pairLoss<OddsPairs>(
    'orpo',
    beta,
    meanLogProbs,
    (logProb, { chosenNll }) => tf.add(chosenNll, tf.mul(beta, logistic(logOddsRatio(logProb)))),
    (logProb, { chosenNll }) => ({
      nll_loss: chosenNll,
      log_odds_chosen: logOddsRatio(logProb),
      log_odds_ratio: tf.neg(logistic(logOddsRatio(logProb))),
    }),
  )
}

import { type Weighted, fault } from '@gfnlm/env'
import {
  type SAMPLE_KL,
  type Whitening,
  generalisedAdvantages,
  maskedMean,
  populationVariance,
  shapedRewards,
  whitenCentred,
  zeroOutside,
} from '@gfnlm/losses'
import type { Metrics } from '../events.ts'
import { choices, lastChoices } from '../tasks/choices.ts'
import { temperedRewards } from '../tasks/tempered-rewards.ts'
import type { Rollout } from './rollout.ts'

export interface AdvantageOptions {
  /** Discount. Default 1. */
  readonly gamma?: number
  /** λ of generalised advantage estimation. Default 0.95. */
  readonly lambda?: number
  /** How the divergence of a token is estimated: `k1` (default; torchtune, TRL) or `k3` (TRL `kl_estimator`). */
  readonly estimator?: keyof typeof SAMPLE_KL
  /** What is done with the advantages of the batch. Default `whitenCentred` (TRL); torchtune's is `whitenTorchtune`. */
  readonly whiten?: Whitening
  /** The same for rewards, before: `whitenKeepingMean` is TRL's `whiten_rewards`. Default: they are as they are. */
  readonly whitenRewards?: Whitening
}

/** What is known of the completions of a batch when they were drawn. */
export type Scored = Weighted & Pick<Rollout, 'value'> & Required<Pick<Weighted, 'referenceLogProb'>>

const checkFinite = (batch: Scored, chosen: Float32Array): void => {
  for (const name of ['logPF', 'referenceLogProb', 'value'] as const) {
    const cell = chosen.findIndex((counts, i) => counts !== 0 && !Number.isFinite(batch[name][i]))
    if (cell < 0) continue
    const [row, t] = [Math.floor(cell / batch.width), cell % batch.width]
    throw fault(
      'RolloutNotFinite',
      `step ${batch.step}: ${name} of row ${row} at token ${t} is ${batch[name][cell]}`,
      'Leave out rows with tokens that are not legal; where all are, lower the learning rate and resume.',
      { row, token: t },
    )
  }
}

/** [rows] Σ over the steps of a row. */
const bySum = (cells: ArrayLike<number>, rows: number): Float64Array => {
  const sums = new Float64Array(rows)
  const width = cells.length / rows
  for (let i = 0; i < cells.length; i++) sums[Math.floor(i / width)]! += cells[i]!
  return sums
}

/** Share of the variance of the returns that the values had foreseen: 1 is all, below 0 is worse than their mean. */
const explainedVariance = (returns: Float64Array, values: Float32Array, chosen: Float32Array): number => {
  const variance = populationVariance(returns, chosen)
  const error = returns.map((target, i) => target - values[i]!)
  return variance === 0 ? 0 : 1 - populationVariance(error, chosen) / variance
}

/**
 * Advantages and returns of a batch, in float64, from its rewards, its values and what the reference says of it.
 *
 *   r_t = −c KL_t + [t is the last choice] · reward,   A = whiten(GAE(r, V)),   R = GAE(r, V) + V
 *
 * V past the last choice is 0: an episode ends with its terminator, or where it was forced. TRL and torchtune, who have
 * no terminal state, read a value one token further on and give the reward there. Rows that were dropped (`keep` 0) are
 * in no statistic.
 *
 * @param coefficient c, what a nat of divergence costs
 * @throws a RewardNotFinite or RolloutNotFinite fault that names the row
 */
export const rolloutOf = (batch: Scored, coefficient: number, options: AdvantageOptions = {}): Rollout => {
  const { rows, width, keep, logPF, referenceLogProb, value } = batch
  const { gamma = 1, lambda = 0.95, estimator = 'k1', whiten = whitenCentred, whitenRewards } = options
  const chosen = choices(batch)
  checkFinite(batch, chosen)
  const scores = temperedRewards(batch).map((reward, row) => (keep[row] === 0 ? 0 : reward))
  const shaped = shapedRewards({
    scores,
    logProb: logPF,
    referenceLogProb,
    steps: width,
    coefficient,
    scoreAt: lastChoices(batch),
    estimator,
    valid: chosen,
  })
  const rewards = whitenRewards === undefined ? shaped.rewards : whitenRewards(shaped.rewards, chosen)
  const { advantages, returns } = generalisedAdvantages({
    rewards,
    values: value,
    steps: width,
    valid: chosen,
    gamma,
    lambda,
  })
  const mean = (perRow: ArrayLike<number>): number => maskedMean(perRow, keep)
  const costs = mean(bySum(shaped.klRewards, rows))
  const ended = batch.length.filter((length, row) => keep[row] !== 0 && chosen[row * width + length] !== 0)
  const metrics: Metrics = {
    'objective/kl': mean(bySum(shaped.kl, rows)),
    'objective/kl_coef': coefficient,
    'objective/entropy': -mean(bySum(zeroOutside(logPF, chosen), rows)),
    'objective/non_score_reward': costs,
    'objective/rlhf_reward': costs + mean(scores),
    'objective/scores': mean(scores),
    'val/num_eos_tokens': ended.length,
    'val/explained_variance': explainedVariance(returns, value, chosen),
  }
  return {
    ...batch,
    advantage: Float32Array.from(zeroOutside(whiten(advantages, chosen), chosen)),
    returns: Float32Array.from(returns),
    metrics,
  }
}

import { completionLogProb, terminalReward } from '@gfnlm/env'
import type { Estimator } from './estimator.ts'
import type { RatioOptions } from './importance-ratio.ts'
import { normalisedPerPrompt } from './normalised-per-prompt.ts'

/**
 * Self-normalised importance weights of the posterior R^(1/T) / Z against the behaviour policy that drew the rows:
 *
 *   w ∝ exp(log R(x) / T − Σ_t log π_b(z_t | s_t)),   mean 1 over the kept rows of each prompt
 *
 * With them the likelihood of the samples is a wake-phase (reward-weighted) objective, and their effective sample
 * size says how good a proposal the sampler is: all rows count once it samples from the posterior (Bornschein and
 * Bengio 2015, arXiv:1406.2751). Z cancels within a prompt, so several completions per prompt are needed. Rows
 * whose behaviour is not known get `unknown`, by default 0: there is no ratio to give them.
 */
export const posteriorRatio =
  ({ unknown = 0 }: RatioOptions = {}): Estimator =>
  (batch) => {
    const behaviour = completionLogProb(batch, 'logBehaviour')
    const reward = terminalReward(batch)
    const logWeight = behaviour.map((logProb, row) => reward[row] / batch.rewardTemperature - logProb)
    return normalisedPerPrompt(logWeight, batch, unknown)
  }

import { type Weighted, terminalReward } from '@gfnlm/env'
import { zeroSpread } from '@gfnlm/losses'
import { type TokenWeights, weightMetrics, weightStatistics } from '@gfnlm/reweighter'
import type { Metrics } from './events.ts'

/**
 * What a batch says before anything is learned from it. `reward` is the mean untempered log R of the policy's own
 * completions (replayed ones would flatter it), `frac_reward_zero_std` the share of them whose prompt's are all worth
 * the same, from which an advantage within prompts learns nothing; names follow TRL. `effective_sample_size` and `weight/*`
 * are of the rows' weights; those of tokens, where `reweightTokens` gave them some, have `token_` before them.
 */
export const batchMetrics = (batch: Weighted & Partial<Pick<TokenWeights, 'tokenWeightStatistics'>>): Metrics => {
  const rewards = terminalReward(batch)
  const own = Array.from(rewards, (_, row) => row).filter(
    (row) => batch.origin[row] === 'policy' && batch.keep[row] === 1,
  )
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
  const reward = mean(own.map((row) => rewards[row]!))
  const { tokenWeightStatistics: tokens } = batch
  return {
    reward,
    reward_std: Math.sqrt(mean(own.map((row) => (rewards[row]! - reward) ** 2))),
    frac_reward_zero_std: zeroSpread(
      own.map((row) => rewards[row]!),
      own.map((row) => batch.group[row]!),
    ),
    reward_temperature: batch.rewardTemperature,
    'reward/dropped': batch.origin.filter((o, row) => o === 'policy' && batch.keep[row] === 0).length,
    'completions/mean_length': mean(own.map((row) => batch.length[row]!)),
    ...weightMetrics(weightStatistics(batch)),
    ...(tokens === undefined ? {} : weightMetrics(tokens, 'token_')),
  }
}

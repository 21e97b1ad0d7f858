import { type Weighted, terminalReward } from '@gfnlm/env'
import { groupDeviations, zeroSpread } from '@gfnlm/losses'
import { type TokenWeights, weightMetrics, weightStatistics } from '@gfnlm/reweighter'
import type { Metrics } from './events.ts'

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/** The lengths of completions under a name; 0 where there are none. */
const lengthMetrics = (of: string, lengths: readonly number[]): Metrics => ({
  [`completions/mean_${of}`]: mean(lengths),
  [`completions/min_${of}`]: lengths.reduce((a, b) => Math.min(a, b), lengths[0] ?? 0),
  [`completions/max_${of}`]: lengths.reduce((a, b) => Math.max(a, b), 0),
})

/** Of the rewards of completions, at least one, and the prompts they are of. */
const ofRewards = (rewards: readonly number[], group: readonly number[]): Metrics => ({
  reward: mean(rewards),
  reward_std: mean([...groupDeviations(rewards, group)]),
  frac_reward_zero_std: zeroSpread(rewards, group),
})

/**
 * What a batch says before anything is learned from it; names follow TRL. All but the weights' are of the policy's own
 * completions that were judged (replayed ones would flatter it).
 *
 * - `reward`, the mean of untempered log R; `reward_std`, the mean over completions of the sample deviation of their
 *   prompt's (TRL's for `scale_rewards` "group"); `frac_reward_zero_std`, the share of completions whose prompt's are
 *   all worth the same, from which an advantage within prompts learns nothing. Where there are none of them, these are
 *   left out.
 * - `rewards/{name}/{mean,std}` of each reward, where it is a `sumOfRewards`.
 * - `completions/{mean,min,max}_length` in tokens, the terminator not counted (TRL counts it), and the same of
 *   `terminated_length`, of those that ended before they had to; `completions/clipped_ratio`, the share of the others.
 * - `effective_sample_size` and `weight/*` are of the rows' weights; those of tokens, where `reweightTokens` gave them
 *   some, have `token_` before them.
 */
export const batchMetrics = (batch: Weighted & Partial<Pick<TokenWeights, 'tokenWeightStatistics'>>): Metrics => {
  const own = [...batch.length.keys()].filter((row) => batch.origin[row] === 'policy' && batch.keep[row] === 1)
  const ofOwn = (column: ArrayLike<number>): readonly number[] => own.map((row) => column[row]!)
  const [rewards, group, lengths] = [ofOwn(terminalReward(batch)), ofOwn(batch.group), ofOwn(batch.length)]
  const clipped = lengths.map((length) => (length < batch.mdp.maxLength ? 0 : 1))
  const { tokenWeightStatistics: tokens } = batch
  return {
    ...(own.length === 0 ? {} : ofRewards(rewards, group)),
    ...batch.rewardMetrics,
    reward_temperature: batch.rewardTemperature,
    'reward/dropped': batch.origin.filter((o, row) => o === 'policy' && batch.keep[row] === 0).length,
    ...lengthMetrics('length', lengths),
    ...lengthMetrics(
      'terminated_length',
      lengths.filter((_, i) => clipped[i] === 0),
    ),
    'completions/clipped_ratio': mean(clipped),
    ...weightMetrics(weightStatistics(batch)),
    ...(tokens === undefined ? {} : weightMetrics(tokens, 'token_')),
  }
}

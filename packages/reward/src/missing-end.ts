import { wasCutOff } from '@gfnlm/env'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Reward, Rewards } from './reward.ts'

/** A reward with another number at the end of every completion that was cut off. */
const atCutEnds =
  (reward: Reward, change: (logReward: number) => number): Reward =>
  (batch) =>
    pipe(
      reward(batch),
      TE.map((rewards): Rewards => {
        const logReward = rewards.logReward.slice()
        for (let row = 0; row < batch.rows; row++) {
          const end = row * batch.width + batch.length[row]!
          if (wasCutOff(batch, row) && !Number.isNaN(logReward[end]!)) logReward[end] = change(logReward[end]!)
        }
        return { ...rewards, logReward }
      }),
    )

const finite = (caller: string, x: number): number => {
  if (!Number.isFinite(x)) throw new RangeError(`${caller}: the number must be finite, found ${x}`)
  return x
}

/**
 * Takes a penalty off the reward of completions that did not end by themselves: TRL's `missing_eos_penalty` (PPO,
 * Online DPO, RLOO). A row that was not judged stays so.
 *
 * @param penalty in the reward's units; what is above 0 punishes
 * @throws RangeError for a penalty that is not finite
 * @example annotate(missingEndPenalty(rewardModelScore(model), 1))
 */
export const missingEndPenalty = (reward: Reward, penalty: number): Reward => {
  finite('missingEndPenalty', penalty)
  return atCutEnds(reward, (logReward) => logReward - penalty)
}

/**
 * Gives completions that did not end by themselves a reward of their own, whatever they say: torchtune's
 * `penalise_no_eos`, whose `reward_penalty` is −3.
 *
 * @throws RangeError for a reward that is not finite
 */
export const missingEndReward = (reward: Reward, instead: number): Reward => {
  finite('missingEndReward', instead)
  return atCutEnds(reward, () => instead)
}

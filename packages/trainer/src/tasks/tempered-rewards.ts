import { type Annotated, fault, terminalReward } from '@gfnlm/env'

/**
 * [rows] the tempered reward of each completion, in nats; NaN where it is not known.
 *
 * @throws a RewardNotFinite fault for an infinite one
 */
export const temperedRewards = (batch: Annotated): Float32Array =>
  terminalReward(batch).map((reward, row) => {
    if (reward === Infinity || reward === -Infinity)
      throw fault(
        'RewardNotFinite',
        `step ${batch.step}: the reward of row ${row} is ${reward}, and a policy gradient has no baseline for it`,
        'Bound the reward, or return null for completions that cannot be judged.',
        { row, reward },
      )
    return reward / batch.rewardTemperature
  })

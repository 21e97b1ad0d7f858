import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Reward, Rewards } from './reward.ts'

export interface ShortPenaltyOptions {
  /** Tokens that a completion should have. */
  readonly minLength: number
  /** log R of a shorter one, nats, in place of what the reward says. gfn-lm-tuning's is −99, the default. */
  readonly penalty?: number
}

/**
 * Makes completions of fewer than `minLength` tokens worth next to nothing. It is here for parity with gfn-lm-tuning:
 * with it, the terminator's logit at short states must learn −log Z + penalty, which swamps every other residual.
 * Give the MDP a `minLength` instead; it masks the terminator there and anchors the root's flow at log Z.
 *
 * A reward that failed stays failed.
 */
export const shortPenalty =
  (reward: Reward, { minLength, penalty = -99 }: ShortPenaltyOptions): Reward =>
  (batch) =>
    TE.map((rewards: Rewards) => ({
      ...rewards,
      logReward: rewards.logReward.map((r, cell) => (cell % batch.width < minLength && !Number.isNaN(r) ? penalty : r)),
    }))(reward(batch))

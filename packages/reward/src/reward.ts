import type { Fault, Trajectories } from '@gfnlm/env'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'

/** What a batch of trajectories is worth. */
export interface Rewards {
  /**
   * [rows, width] log R(s_t · terminator), nats, not tempered. A reward of whole completions fills column `length`
   * only and leaves NaN elsewhere; columns past `length` are never read.
   */
  readonly logReward: Float32Array
  /** What else to log of the batch, by name. */
  readonly metrics?: Readonly<Record<string, number>>
  /** Why the first of the rows that could not be judged was not, where that is known. */
  readonly failure?: string
}

/** An annotator: rewards of a batch, or why there are none at all. A row that could not be judged is NaN at its end. */
export type Reward = (batch: Trajectories) => TaskEither<Fault, Rewards>

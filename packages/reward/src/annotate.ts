import { type Annotated, type Fault, type Trajectories, fault } from '@gfnlm/env'
import { type OperatorFunction, concatMap } from 'rxjs'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Reward } from './reward.ts'

export interface AnnotateOptions {
  /** Reward temperature at a step: losses see log R / T. Default 1. */
  readonly temperature?: (step: number) => number
}

/** Judges a batch: rows whose reward is not a finite number are left out of every loss and statistic (`keep` 0). */
export const annotateBatch =
  (reward: Reward, { temperature = () => 1 }: AnnotateOptions = {}) =>
  async (batch: Trajectories): Promise<Annotated> => {
    const judged = await reward(batch)()
    if (isLeft(judged)) throw judged.left
    const { logReward, metrics } = judged.right
    const keep = Uint8Array.from(batch.length, (last, row) =>
      Number.isFinite(logReward[row * batch.width + last]!) ? 1 : 0,
    )
    if (!keep.includes(1)) throw allFailed(batch)
    const told = metrics === undefined ? {} : { rewardMetrics: metrics }
    return { ...batch, logReward, rewardTemperature: temperature(batch.step), keep, ...told }
  }

const allFailed = (batch: Trajectories): Fault =>
  fault(
    'RewardFailed',
    `step ${batch.step}: the reward failed on all ${batch.rows} rows`,
    'Run the reward on one of these completions by hand; the last checkpoint is whole.',
    { step: batch.step },
  )

/**
 * Trajectories to annotated trajectories. A row that the reward cannot judge is dropped and counted, never the run;
 * only a reward that judges no row at all ends it, with a RewardFailed fault.
 */
export const annotate = (reward: Reward, options: AnnotateOptions = {}): OperatorFunction<Trajectories, Annotated> =>
  concatMap(annotateBatch(reward, options))

import { type Annotated, type Fault, type Trajectories, fault } from '@gfnlm/env'
import { type OperatorFunction, concatMap } from 'rxjs'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Reward } from './reward.ts'

export interface AnnotateOptions {
  /** Reward temperature at a step, above 0: losses see log R / T. Default 1. */
  readonly temperature?: (step: number) => number
}

const noCells = ({ rows, width }: Trajectories, found: number): Fault =>
  fault(
    'RewardShape',
    `the reward gave ${found} numbers for ${rows} completions of ${width} states, and ${rows * width} are needed`,
    'Give log R of every state, row by row, NaN where it is not known; completionReward makes that of one a completion.',
    { found, rows, width },
  )

/**
 * Judges a batch: rows whose reward is not a finite number are left out of every loss and statistic (`keep` 0). A
 * temperature that is not a finite number above 0 is a RewardTemperature fault, and a reward that is not of [rows, width]
 * a RewardShape fault.
 */
export const annotateBatch =
  (reward: Reward, { temperature = () => 1 }: AnnotateOptions = {}) =>
  async (batch: Trajectories): Promise<Annotated> => {
    const rewardTemperature = temperature(batch.step)
    if (!(rewardTemperature > 0 && rewardTemperature < Infinity)) throw noTemperature(batch, rewardTemperature)
    const judged = await reward(batch)()
    if (isLeft(judged)) throw judged.left
    const { logReward, metrics, failure } = judged.right
    if (logReward.length !== batch.rows * batch.width) throw noCells(batch, logReward.length)
    const keep = Uint8Array.from(batch.length, (last, row) =>
      Number.isFinite(logReward[row * batch.width + last]!) ? 1 : 0,
    )
    if (!keep.includes(1)) throw allFailed(batch, failure)
    const told = metrics === undefined ? {} : { rewardMetrics: metrics }
    return { ...batch, logReward, rewardTemperature, keep, ...told }
  }

const noTemperature = ({ step }: Trajectories, temperature: number): Fault =>
  fault(
    'RewardTemperature',
    `step ${step}: the reward temperature is ${temperature}, not a finite number above 0`,
    'Give a schedule that stays above 0; the last checkpoint is whole.',
    { step, temperature },
  )

const allFailed = ({ step, rows }: Trajectories, failure: string | undefined): Fault =>
  fault(
    'RewardFailed',
    `step ${step}: the reward failed on all ${rows} rows${failure === undefined ? '' : `: ${failure}`}`,
    'Run the reward on one of these completions by hand; the last checkpoint is whole.',
    { step },
  )

/**
 * Trajectories to annotated trajectories. A row that the reward cannot judge is dropped and counted, never the run;
 * only a reward that judges no row at all ends it, with a RewardFailed fault, and a temperature that is none.
 */
export const annotate = (reward: Reward, options: AnnotateOptions = {}): OperatorFunction<Trajectories, Annotated> =>
  concatMap(annotateBatch(reward, options))

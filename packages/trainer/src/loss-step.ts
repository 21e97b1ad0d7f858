import type { Weighted } from '@gfnlm/env'
import { type OperatorFunction, concatMap, from, mergeAll } from 'rxjs'
import { batchMetrics } from './batch-metrics.ts'
import type { Metrics, RunEvent, SampleText } from './events.ts'
import type { Trainer } from './trainer.ts'

export interface LearnOptions<Batch> {
  /** Numbers of a batch that are known before anything is learned from it. */
  readonly describe?: (batch: Batch) => Metrics
  /** Completions as text, to be shown every `every` steps (default 50). */
  readonly samples?: (batch: Batch) => readonly SampleText[]
  readonly every?: number
  readonly now?: () => number
}

export type LossStepOptions = Omit<LearnOptions<Weighted>, 'describe'>

/** One update from one batch, and the events that tell of it: warnings, samples now and then, the step. */
export const learn = <Batch>(
  trainer: Pick<Trainer<Batch>, 'update'>,
  { describe = () => ({}), samples, every = 50, now = Date.now }: LearnOptions<Batch> = {},
): OperatorFunction<Batch & { readonly step: number }, RunEvent> => {
  const update = async (batch: Batch & { readonly step: number }): Promise<RunEvent[]> => {
    const { step } = batch
    const metrics: Metrics = { ...describe(batch), ...(await trainer.update(batch)) }
    const dropped = metrics['reward/dropped'] ?? 0
    const events: RunEvent[] = []
    if (dropped > 0)
      events.push({
        type: 'warning',
        step,
        message: `the reward failed on ${dropped} completions; they are in no loss`,
      })
    if (samples !== undefined && step % every === 0) events.push({ type: 'rollout', step, samples: samples(batch) })
    events.push({ type: 'step', time: now(), step, metrics })
    return events
  }
  return concatMap((batch) => from(update(batch)).pipe(mergeAll()))
}

/** `learn` from weighted trajectories: the end of a GFlowNet or policy-gradient pipeline. */
export const lossStep = (
  trainer: Pick<Trainer<Weighted>, 'update'>,
  options: LossStepOptions = {},
): OperatorFunction<Weighted, RunEvent> => learn(trainer, { ...options, describe: batchMetrics })

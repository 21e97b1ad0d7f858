import type { Weighted } from '@gfnlm/env'
import { type OperatorFunction, concatMap, from } from 'rxjs'
import { batchMetrics } from './batch-metrics.ts'
import type { RunEvent, SampleText } from './events.ts'
import type { Trainer } from './trainer.ts'

export interface LossStepOptions {
  /** Completions as text, to be shown every `every` steps (default 50). */
  readonly samples?: (batch: Weighted) => readonly SampleText[]
  readonly every?: number
  readonly now?: () => number
}

/** One update from one batch, and the events that tell of it: warnings, samples now and then, the step. */
export const lossStep = (
  trainer: Trainer<Weighted>,
  { samples, every = 50, now = Date.now }: LossStepOptions = {},
): OperatorFunction<Weighted, RunEvent> =>
  concatMap((batch) =>
    from(
      trainer.update(batch).then((learned): RunEvent[] => {
        const { step } = batch
        const metrics = { ...batchMetrics(batch), ...learned }
        const dropped = metrics['reward/dropped']!
        return [
          ...(dropped > 0 ? [{ type: 'warning', step, message: `the reward failed on ${dropped} completions; they are in no loss` } as const] : []),
          ...(samples !== undefined && step % every === 0 ? [{ type: 'rollout', step, samples: samples(batch) } as const] : []),
          { type: 'step', time: now(), step, metrics },
        ]
      }),
    ).pipe(concatMap((events) => events)),
  )

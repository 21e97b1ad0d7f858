import type { Weighted } from '@gfnlm/env'
import { type OperatorFunction, concatMap, defer, from, mergeAll } from 'rxjs'
import { batchMetrics } from './batch-metrics.ts'
import type { Metrics, RunEvent, SampleText } from './events.ts'
import type { Judged } from './tasks/online-pairs.ts'
import type { Learner } from './trainer.ts'

export interface LearnOptions<Batch> {
  /** Numbers of a batch that are known before anything is learned from it. */
  readonly describe?: (batch: Batch) => Metrics
  /** Completions as text, to be shown every `every` steps (default 50). */
  readonly samples?: (batch: Batch) => readonly SampleText[]
  readonly every?: number
  readonly now?: () => number
}

export type LossStepOptions = Omit<LearnOptions<Weighted>, 'describe'>

/**
 * One update from one batch, and the events that tell of it: warnings, samples now and then, the step. `num_tokens` is
 * how many tokens the batches had since the run began or was resumed, where the learner counts them.
 */
export const learn = <Batch>(
  learner: Learner<Batch>,
  { describe = () => ({}), samples, every = 50, now = Date.now }: LearnOptions<Batch> = {},
): OperatorFunction<Batch & { readonly step: number }, RunEvent> => {
  const update = async (batch: Batch & { readonly step: number }, seen: Metrics): Promise<RunEvent[]> => {
    const { step } = batch
    const metrics: Metrics = { ...describe(batch), ...(await learner.update(batch)), ...seen }
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
  return (batches$) =>
    defer(() => {
      let tokens = 0
      const seen = (batch: Batch): Metrics =>
        learner.tokens === undefined ? {} : { num_tokens: (tokens += learner.tokens(batch)) }
      return batches$.pipe(concatMap((batch) => from(update(batch, seen(batch))).pipe(mergeAll())))
    })
}

/** `learn` from weighted trajectories: the end of a GFlowNet or policy-gradient pipeline. */
export const lossStep = (
  learner: Learner<Weighted>,
  options: LossStepOptions = {},
): OperatorFunction<Weighted, RunEvent> => learn(learner, { ...options, describe: batchMetrics })

/** The same from what was made of them: the end of a pipeline of `onlinePairs` or `onlineLabels`. */
export const judgedStep = <Batch>(
  learner: Learner<Batch>,
  { samples, ...options }: LossStepOptions = {},
): OperatorFunction<Batch & Judged, RunEvent> =>
  learn<Batch & Judged>(learner, {
    ...options,
    ...(samples === undefined ? {} : { samples: ({ judged }) => samples(judged) }),
    describe: ({ judged }) => batchMetrics(judged),
  })

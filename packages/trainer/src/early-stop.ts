import { checkCount } from '@gfnlm/env'
import { type MonoTypeOperatorFunction, concatMap, defer } from 'rxjs'
import type { RunEvent } from './events.ts'

export interface EarlyStopOptions {
  /** Name of a metric of evaluations or, where it stands there, of steps. */
  readonly metric: string
  /** Whether less of it is better (a loss) or more (a reward). */
  readonly mode: 'min' | 'max'
  /** How many values in a row may be no better than the best before them; default 3. */
  readonly patience?: number
  /** A value is better only if it is by more than this; default 0. */
  readonly minDelta?: number
}

/** How a metric has gone so far. */
interface Series {
  /** Its best value, the sign turned where less is better; −∞ before the first number. */
  readonly best: number
  /** How many values have been no better since. */
  readonly worse: number
}

/**
 * Ends a run when a metric has not improved for a while: aborts what `training` takes as its `stop`, with a warning
 * event that says why, so that the step in flight is finished. A value that is not a number is no improvement. What
 * steps say and what evaluations of each name say are series of their own; one that stands still is enough. A run that ends
 * without the metric ever seen says so in a warning.
 *
 * ```
 * reward   1---3---2---2---3---|
 *          earlyStop({ metric, mode: 'max', patience: 3 }, stop)
 *          1---3---2---2---(3 ⚠)   stop.signal.aborted
 * ```
 *
 * @throws RangeError for a patience below 1 or a negative minDelta
 * @example
 * const stop = new AbortController()
 * training({ name, steps, seed, stop: stop.signal }, (ticks$) => ticks$.pipe(…, lossStep(learner)))
 *   .pipe(earlyStop({ metric: 'reward', mode: 'max', patience: 5 }, stop))
 */
export const earlyStop = (
  { metric, mode, patience = 3, minDelta = 0 }: EarlyStopOptions,
  stop: AbortController,
): MonoTypeOperatorFunction<RunEvent> => {
  checkCount('earlyStop', 'patience', patience)
  if (!(minDelta >= 0)) throw new RangeError(`earlyStop: minDelta must be at least 0, found ${minDelta}`)
  const sign = mode === 'max' ? 1 : -1
  return (events$) =>
    defer(() => {
      const series = new Map<string, Series>()
      return events$.pipe(
        concatMap((event): RunEvent[] => {
          if (event.type === 'run/end' && series.size === 0 && event.step > 0 && event.reason === 'done')
            return [
              { type: 'warning', step: event.step - 1, message: `earlyStop never saw the metric ${metric}` },
              event,
            ]
          if (event.type !== 'eval' && event.type !== 'step') return [event]
          const value = event.metrics[metric]
          if (value === undefined || stop.signal.aborted) return [event]
          const source = event.type === 'eval' ? `${metric} of ${event.name}` : metric
          const { best, worse } = series.get(source) ?? { best: -Infinity, worse: 0 }
          if (best === -Infinity ? Number.isFinite(value) : sign * value > best + minDelta) {
            series.set(source, { best: sign * value, worse: 0 })
            return [event]
          }
          series.set(source, { best, worse: worse + 1 })
          if (worse + 1 < patience) return [event]
          stop.abort()
          const still = best === -Infinity ? 'a number' : `better than ${sign * best}`
          const message = `stopped early: ${source} has not been ${still} ${worse + 1} times in a row`
          return [event, { type: 'warning', step: event.step, message }]
        }),
      )
    })
}

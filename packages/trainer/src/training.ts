import { checkCount } from '@gfnlm/env'
import { Observable, Subject, defer, tap } from 'rxjs'
import type { RunEvent } from './events.ts'

/** What a step of a run starts from: the key of everything drawn in it. */
export interface Tick {
  readonly step: number
  readonly seed: number
}

export interface TrainingOptions {
  readonly name: string
  readonly steps: number
  readonly seed: number
  /** First step: where a resumed run goes on. Default 0. */
  readonly from?: number
  /** Steps in flight at once. 1 (default) is on-policy; k lets rollouts be at most k − 1 updates old. */
  readonly credits?: number
  /** Ends the run after the step in flight. */
  readonly stop?: AbortSignal
  /** Recorded with the run's start. */
  readonly config?: unknown
  readonly now?: () => number
}

/**
 * A run: ticks go into the pipeline one credit at a time, its events come out, framed by `run/start` and `run/end`.
 * The next tick is given after a `step` event came back, so a step pulls its batch and nothing runs ahead; each step
 * crosses one asynchronous boundary. So every tick must end in a `step` event: drop rows (`keep` 0), never a batch.
 * Unsubscribing stops it where it is.
 *
 * ```
 * ticks   0-----1-----2-----|
 * events  (run/start)--s----s----s(run/end)|
 * ```
 *
 * @throws RangeError for `steps` (which may be Infinity) or `from` that are no whole number from 0, and `credits` that
 * are none from 1
 * @example
 * training({ name: 'demo', steps: 400, seed: 1 }, (ticks$) => ticks$.pipe(
 *   prompts(rows, { perStep: 4 }),
 *   sample(learner, { mdp, perPrompt: 16 }),
 *   annotate(likelihood(reference(policy))),
 *   reweight(uniform),
 *   lossStep(learner),
 * ))
 */
export const training = (
  { name, steps, seed, from = 0, credits = 1, stop, config = {}, now = Date.now }: TrainingOptions,
  pipeline: (ticks$: Observable<Tick>) => Observable<RunEvent>,
): Observable<RunEvent> => {
  for (const [what, n] of Object.entries({ steps, from }))
    if (!(n >= 0 && (Number.isSafeInteger(n) || (what === 'steps' && n === Infinity))))
      throw new RangeError(`training: ${what} must be a whole number of at least 0, found ${n}`)
  checkCount('training', 'credits', credits)
  return new Observable((out) => {
    const ticks = new Subject<Tick>()
    let next = from
    // Steps behind the run: with several credits they may come back in another order.
    let done = from
    const give = (): void => {
      if (out.closed) return
      if (next < steps && stop?.aborted !== true) ticks.next({ step: next++, seed })
      else if (done === next) ticks.complete()
    }
    out.next({ type: 'run/start', time: now(), name, steps, config })
    if (out.closed) return
    const running = defer(() => pipeline(ticks))
      .pipe(
        tap((event) => {
          if (event.type !== 'step') return
          done++
          setImmediate(give)
        }),
      )
      .subscribe({
        next: (event) => out.next(event),
        error: (error: unknown) => {
          out.next({
            type: 'run/end',
            time: now(),
            step: done,
            reason: 'failed',
            message: error instanceof Error ? error.message : String(error),
          })
          out.error(error)
        },
        complete: () => {
          out.next({ type: 'run/end', time: now(), step: done, reason: done < steps ? 'stopped' : 'done' })
          out.complete()
        },
      })
    for (let i = 0; i < Math.max(1, Math.min(credits, steps - from)); i++) give()
    return running
  })
}

import {
  EMPTY,
  type MonoTypeOperatorFunction,
  type Observable,
  catchError,
  concat,
  concatMap,
  defer,
  finalize,
  ignoreElements,
  map,
  of,
  throwError,
  toArray,
} from 'rxjs'
import type { RunEvent } from '../events.ts'
import { type Sink, stepOf } from './sink.ts'

interface Failure {
  readonly sink: Sink
  readonly error: unknown
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Passes every event on after all sinks, in their order, have taken it. Sinks that write synchronously hold the
 * source up meanwhile, so an event is on disk before the next step is asked for; for the others events queue.
 *
 * A sink that fails becomes a warning event (which the sinks take too) and the run goes on. It is asked again at
 * the next event, but mentioned once a run: a full disk should not fill the log. The sinks are closed before the
 * completion or the error is passed on, and on unsubscribe; so a recorded run is subscribed to once, and a second
 * subscription is an error notification before the run begins.
 *
 * ```
 * source              --a--b-----c--|
 * sink with a promise    |-| |-|    |-|
 * record([sink])      ----a---b-----c-|        (closed, then complete)
 * ```
 */
export const record = (sinks: readonly Sink[]): MonoTypeOperatorFunction<RunEvent> => {
  let subscribed = false
  return (source) =>
    defer(() => {
      if (subscribed) throw new Error('a recorded run is subscribed to once: its sinks are closed after it')
      subscribed = true
      const mentioned = new Set<Sink>()
      let busy: Promise<unknown> | undefined
      let closed = false
      let step = 0

      /** What failed. EMPTY, not a resolved promise, where a sink is synchronous: that keeps the whole synchronous. */
      const failures = (act: (sink: Sink) => void | Promise<void>): Observable<Failure> =>
        concat(
          ...sinks.map((sink) =>
            defer(() => (busy = act(sink) as Promise<void> | undefined) ?? EMPTY).pipe(
              ignoreElements(),
              catchError((error: unknown) => of({ sink, error })),
            ),
          ),
        )

      const warning = (sink: Sink, what: string, error: unknown): RunEvent => ({
        type: 'warning',
        step,
        message: `${sink.name} ${what}: ${reason(error)}`,
      })

      const take = (event: RunEvent): Observable<RunEvent> =>
        defer(() => {
          step = stepOf(event) ?? step
          return failures((sink) => sink.take(event))
        }).pipe(
          toArray(),
          concatMap((failed) => {
            const news = failed.filter(({ sink }) => !mentioned.has(sink))
            for (const { sink } of news) mentioned.add(sink)
            return concat(of(event), ...news.map(({ sink, error }) => take(warning(sink, 'was not written', error))))
          }),
        )

      const close: Observable<RunEvent> = defer(() => {
        if (closed) return EMPTY
        closed = true
        const settled = defer(() => busy ?? EMPTY).pipe(
          ignoreElements(),
          catchError(() => EMPTY),
        )
        const last = failures((sink) => sink.close())
        return concat(settled, last).pipe(map(({ sink, error }) => warning(sink, 'was not closed', error)))
      })

      return concat(source.pipe(concatMap(take)), close).pipe(
        catchError((error: unknown) =>
          concat(
            close,
            throwError(() => error),
          ),
        ),
        // After an unsubscribe nobody listens for what goes wrong in closing.
        finalize(() =>
          close.subscribe((event) => process.emitWarning('message' in event ? (event.message ?? '') : '')),
        ),
      )
    })
}

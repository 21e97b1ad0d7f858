import type { RunEvent } from '../events.ts'

/**
 * Something that takes a run's events: a file, a terminal, a tracker.
 *
 * `take` returns once the event is safe with it, or a promise of that. What it throws becomes a warning of the run.
 * `close` is called once, after the last event.
 */
export interface Sink {
  /** What warnings call it: a path, "progress". */
  readonly name: string
  readonly take: (event: RunEvent) => void | Promise<void>
  readonly close: () => void | Promise<void>
}

/** The step an event belongs to; the start of a run has none. */
export const stepOf = (event: RunEvent): number | undefined => ('step' in event ? event.step : undefined)

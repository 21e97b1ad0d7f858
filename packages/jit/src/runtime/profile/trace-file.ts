import type { ProfileEvent } from './profile-event.ts'

/** An event of the Trace Event Format, which chrome://tracing and ui.perfetto.dev open; times in microseconds. */
export type TraceEvent = {
  readonly pid: number
  readonly tid: number
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
} & ({ readonly ph: 'X'; readonly cat: string; readonly ts: number; readonly dur: number } | { readonly ph: 'M' })

/** A track of the trace: a session, and what its GPU did on one of its own. */
export interface Track {
  readonly id: number
  readonly name: string
  /** When its profile began, microseconds since the trace's. */
  readonly began: number
}

const PID = 1
// Even: the session itself. Odd: its GPU.
const trackOf = ({ id }: Track, kernel: boolean): number => 2 * id + (kernel ? 1 : 0)

/** The names of a session's tracks. */
export const trackNames = (track: Track): readonly TraceEvent[] =>
  [false, true].map((kernel) => ({
    ph: 'M',
    name: 'thread_name',
    pid: PID,
    tid: trackOf(track, kernel),
    args: { name: kernel ? `${track.name}: GPU` : track.name },
  }))

/** A profile's event as the trace has it. */
export const traceEvent = (
  track: Track,
  { kind, name, provider, at, took, inputs, outputs }: ProfileEvent,
): TraceEvent => ({
  ph: 'X',
  cat: kind,
  name,
  pid: PID,
  tid: trackOf(track, kind === 'kernel'),
  ts: track.began + at,
  dur: took,
  args: kind === 'session' ? {} : { provider, inputs: JSON.stringify(inputs), outputs: JSON.stringify(outputs) },
})

/** The text of a trace file, piece by piece. */
export function* traceText(events: Iterable<TraceEvent>): Generator<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":['
  let separator = '\n'
  for (const event of events) {
    yield separator + JSON.stringify(event)
    separator = ',\n'
  }
  yield '\n]}\n'
}

import type { Metrics, RunEvent } from '../events.ts'

/** What a status line shows of a run. Times are the events' own, in milliseconds. */
export interface Progress {
  readonly name: string
  /** Steps made: events count steps from 0. */
  readonly done: number
  readonly steps: number
  readonly metrics: Metrics
  /** After the first step seen (of a resumed run not its first): rates count from it, so compilation is in none. */
  readonly first?: Mark
  readonly now?: Mark
}

interface Mark {
  readonly done: number
  readonly time: number
  /** Tokens processed until then, if the run counts them. */
  readonly tokens: number | undefined
}

export const noProgress: Progress = { name: '', done: 0, steps: 0, metrics: {} }

/** The progress after an event. */
export const progressAfter = (progress: Progress, event: RunEvent): Progress => {
  if (event.type === 'run/start') return { ...noProgress, name: event.name, steps: event.steps }
  if (event.type !== 'step') return progress
  const done = event.step + 1
  const now = { done, time: event.time, tokens: event.metrics['num_tokens'] }
  return { ...progress, done, metrics: event.metrics, first: progress.first ?? now, now }
}

const trim = (x: number, digits: number): string => {
  if (!Number.isFinite(x)) return String(x)
  const size = Math.abs(x)
  return size !== 0 && (size < 0.001 || size >= 1e5) ? x.toExponential(1) : x.toFixed(size >= 100 ? 0 : digits)
}

/** 75 000 ms as 1m 15s. */
export const duration = (ms: number): string => {
  const s = Math.round(ms / 1000)
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m ${String(s % 60).padStart(2, '0')}s`
  return `${Math.floor(s / 3600)}h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`
}

/** Pace and time left, from the mean since the first step: evaluations and checkpoints in between count too. */
const pace = ({ first, now, steps }: Progress): readonly string[] => {
  if (first === undefined || now === undefined || now.done <= first.done || now.time <= first.time) return []
  const ms = now.time - first.time
  const perStep = ms / (now.done - first.done)
  const tokens = (now.tokens ?? NaN) - (first.tokens ?? NaN)
  return [
    ...(now.done < steps ? [`ETA ${duration(perStep * (steps - now.done))}`] : []),
    perStep < 1000 ? `${trim(1000 / perStep, 1)} steps/s` : `${trim(perStep / 1000, 1)} s/step`,
    ...(tokens > 0 ? [`${trim((tokens / ms) * 1000, 0)} tokens/s`] : []),
  ]
}

/** What a run says at a glance, most wanted first: `step 12/300`, `loss 1.204`, `reward -31.2`, `ETA 2m 08s`, … */
export const facts = (progress: Progress): readonly string[] => {
  const { done, steps, metrics } = progress
  const metric = (name: string): readonly string[] => (name in metrics ? [`${name} ${trim(metrics[name]!, 3)}`] : [])
  const [eta = [], ...rates] = pace(progress).map((fact) => [fact])
  return [
    `step ${String(done).padStart(String(steps).length)}/${steps}`,
    ...metric('loss'),
    ...metric('reward'),
    ...eta,
    ...rates.flat(),
  ]
}

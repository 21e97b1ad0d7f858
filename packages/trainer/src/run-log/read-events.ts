import { readFileSync } from 'node:fs'
import type { RunEvent } from '../events.ts'
import { stepOf } from './sink.ts'

/** JSON has no NaN: a metric or reward that was none was written as null. */
const nanForNull = (key: string, value: unknown): unknown => {
  if (key === 'logReward' && value === null) return NaN
  if (key !== 'metrics' || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, v === null ? NaN : v]))
}

const eventOf = (text: string): RunEvent | undefined => {
  try {
    const event: unknown = JSON.parse(text, nanForNull)
    return typeof event === 'object' && event !== null && 'type' in event ? (event as RunEvent) : undefined
  } catch {
    return undefined
  }
}

const readIfThere = (path: string): Buffer => {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

export interface Recorded {
  readonly events: readonly RunEvent[]
  /** Bytes of the file that hold them. */
  readonly bytes: number
}

/**
 * The events of a metrics.jsonl file up to the first that is torn (a killed process, a lost power line) or later
 * than step `upTo` (a run's start counts as step 0); none if there is no file. Blank lines are passed over. Throws the system's error for a file that cannot be read.
 *
 * @example
 * readEvents('run/metrics.jsonl').events.filter((event) => event.type === 'step')
 */
export const readEvents = (path: string, upTo: number = Infinity): Recorded => {
  const events: RunEvent[] = []
  let bytes = 0
  const file = readIfThere(path)
  for (let end = file.indexOf('\n'); end >= 0; end = file.indexOf('\n', bytes)) {
    const line = file.toString('utf8', bytes, end)
    if (line.trim() !== '') {
      const event = eventOf(line)
      if (event === undefined || (stepOf(event) ?? 0) > upTo) break
      events.push(event)
    }
    bytes = end + 1
  }
  return { events, bytes }
}

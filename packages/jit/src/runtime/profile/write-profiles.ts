import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { figuresOf } from './figures.ts'
import { readProfile, removeProfile } from './profile-file.ts'
import { profileTable } from './profile-table.ts'
import { type TraceEvent, type Track, traceEvent, traceText, trackNames } from './trace-file.ts'

/** A session whose profile ONNX Runtime writes. */
export interface Profiled {
  readonly track: Track
  readonly device: string
  /** What the name of the profile's file begins with. */
  readonly prefix: string
  /** Ends the profile: from then on its file is whole. */
  readonly end: () => void
}

/** What `writeProfiles` wrote. */
export interface Written {
  readonly table: string
  readonly trace: string
}

const CHUNK = 1 << 20

const writePieces = (path: string, pieces: Iterable<string>): void => {
  const file = openSync(path, 'w')
  let waiting = ''
  for (const piece of pieces) {
    waiting += piece
    if (waiting.length < CHUNK) continue
    writeSync(file, waiting)
    waiting = ''
  }
  writeSync(file, waiting)
  closeSync(file)
}

function* traceOf(sessions: readonly Profiled[]): Generator<TraceEvent> {
  for (const { track, prefix } of sessions) {
    yield* trackNames(track)
    for (const event of readProfile(prefix)) yield traceEvent(track, event)
  }
}

/**
 * Ends the sessions' profiles and merges them into `profile-<pid>-<thread>.txt` and `trace-<pid>-<thread>.json`, whose
 * thread is the one that calls.
 */
export const writeProfiles = (folder: string, sessions: readonly Profiled[]): Written => {
  for (const { end } of sessions) end()
  const whose = `${process.pid}-${threadId}`
  const [table, trace] = [join(folder, `profile-${whose}.txt`), join(folder, `trace-${whose}.json`)]
  writeFileSync(
    table,
    profileTable(
      sessions.map(({ track, device, prefix }) => ({ ...figuresOf(readProfile(prefix)), name: track.name, device })),
    ),
  )
  writePieces(trace, traceText(traceOf(sessions)))
  for (const { prefix } of sessions) removeProfile(prefix)
  return { table, trace }
}

import { writeSync } from 'node:fs'
import { type Open, type Session, placedSession, profiledSession } from './observed-session.ts'
import type { Placement } from './placement.ts'
import { type Profiled, writeProfiles } from './write-profiles.ts'

const profiled: Profiled[] = []
const folder = process.env['GFNLM_PROFILE'] || undefined

/**
 * Opens session `id` with what is to be observed of it: every run with GFNLM_PROFILE=<folder> set; else, on a GPU, the
 * first run, for `tell` to hear what that GPU left to the CPU.
 */
export const openObserved = (
  id: number,
  device: string,
  tell: (placement: Placement) => void,
  open: Open,
): Promise<Session> =>
  folder !== undefined
    ? profiledSession(id, device, folder, profiled, open)
    : device === 'cpu'
      ? open({})
      : placedSession(id, device, tell, open)

/** Writes what was profiled, and says on stderr where. */
export const writeObserved = (): void => {
  if (folder === undefined || profiled.length === 0) return
  try {
    const { table, trace } = writeProfiles(folder, profiled.splice(0))
    // Not by process.stderr: a thread's goes through the main thread, which is waiting.
    writeSync(2, `profile: ${table}, ${trace}\n`)
  } catch (error) {
    writeSync(2, `the profile was not written: ${(error as Error).message}\n`)
  }
}

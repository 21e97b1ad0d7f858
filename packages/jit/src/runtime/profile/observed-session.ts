import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import type { InferenceSession } from 'onnxruntime-node'
import { makeFolder } from '../../make-folder.ts'
import { type Placement, placementOf } from './placement.ts'
import { readProfile, removeProfile } from './profile-file.ts'
import type { Profiled } from './write-profiles.ts'

/** The part of a session that the engine uses. */
export type Session = Pick<InferenceSession, 'run' | 'release' | 'outputNames'>

/** Opens a session with these options besides its own. */
export type Open = (options: InferenceSession.SessionOptions) => Promise<InferenceSession>

const now = (): number => 1e3 * (performance.timeOrigin + performance.now())
const BEGAN = now()

let opening = 0

/** What a session computes: the shape of its batch, and its outputs, each branch once. */
const nameOf = ({ inputMetadata, outputNames }: InferenceSession): string => {
  const size = (shape: readonly (number | string)[]): number => shape.reduce<number>((n, d) => n * Number(d), 1)
  const batch = inputMetadata
    .flatMap((input) => (input.isTensor && input.type === 'int32' && input.shape.length > 0 ? [input] : []))
    .toSorted((a, b) => size(b.shape) - size(a.shape))[0]
  const outputs = new Set(outputNames.map((name) => name.slice('out/'.length).split('/')[0]))
  return `${batch === undefined ? '' : `${batch.name.slice('in/'.length)} [${batch.shape.join(', ')}] `}→ ${[...outputs].join(', ')}`
}

/** Opens a session whose profile goes to a file of its own in `folder`. */
const opened = async (
  id: number,
  device: string,
  folder: string,
  open: Open,
): Promise<{ readonly session: InferenceSession; readonly profile: Profiled }> => {
  // A session may be opened again.
  const prefix = join(folder, `gfnlm-session-${process.pid}-${threadId}-${opening++}`)
  const began = now() - BEGAN
  const session = await open({ enableProfiling: true, profileFilePrefix: prefix })
  let ended = false
  const end = (): void => {
    if (!ended) session.endProfiling()
    ended = true
  }
  return { session, profile: { track: { id, name: `${id}: ${nameOf(session)}`, began }, device, prefix, end } }
}

/** Opens session `id` and profiles every run of it, to be merged into `folder` with the others of `profiled`. */
export const profiledSession = async (
  id: number,
  device: string,
  folder: string,
  profiled: Profiled[],
  open: Open,
): Promise<Session> => {
  makeFolder(folder)
  const { session, profile } = await opened(id, device, folder, open)
  profiled.push(profile)
  return {
    outputNames: session.outputNames,
    run: session.run.bind(session),
    release: async () => {
      profile.end()
      await session.release()
    },
  }
}

/** Opens session `id` on a GPU, and tells after its first run which operators ran where. */
export const placedSession = async (
  id: number,
  device: string,
  tell: (placement: Placement) => void,
  open: Open,
): Promise<Session> => {
  const { session, profile } = await opened(id, device, tmpdir(), open)
  let known = false
  const conclude = (): void => {
    if (known) return
    known = true
    profile.end()
    tell(placementOf(device, readProfile(profile.prefix)))
    removeProfile(profile.prefix)
  }
  const run = async (...given: readonly unknown[]): Promise<InferenceSession.OnnxValueMapType> => {
    const results = await session.run(...(given as Parameters<InferenceSession['run']>))
    conclude()
    return results
  }
  return {
    outputNames: session.outputNames,
    run,
    release: async () => {
      conclude()
      await session.release()
    },
  }
}

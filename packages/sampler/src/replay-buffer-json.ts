import { type Fault, fault } from '@gfnlm/env'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import type { ReplayBuffer, ReplayEntry } from './replay-buffer.ts'

/** A replay buffer as plain JSON. Prefix rewards are base64 of little-endian float32: JSON has no NaN. */
export interface ReplayBufferJSON {
  readonly version: 1
  readonly capacity: number
  readonly tolerance: number
  /** In the order the prompts came in; each prompt's entries in heap order. */
  readonly prompts: readonly { readonly id: string; readonly entries: readonly EntryJSON[] }[]
}

interface EntryJSON {
  readonly tokens: readonly number[]
  readonly logReward: number
  readonly prefixLogReward: string
  readonly step: number
}

const toBase64 = (values: Float32Array): string => {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  values.forEach((value, i) => view.setFloat32(4 * i, value, true))
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)))
}

const fromBase64 = (text: string): Float32Array => {
  const view = new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer)
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true))
}

/** The buffer as JSON, from which `replayBufferFromJSON` gives the same buffer, bit for bit. */
export const replayBufferToJSON = ({ capacity, tolerance, entries }: ReplayBuffer): ReplayBufferJSON => ({
  version: 1,
  capacity,
  tolerance,
  prompts: [...entries].map(([id, stored]) => ({
    id,
    entries: stored.map(({ tokens, logReward, prefixLogReward, step }) => ({
      tokens: [...tokens],
      logReward,
      prefixLogReward: toBase64(prefixLogReward),
      step,
    })),
  })),
})

const entryOf = ({ tokens, logReward, prefixLogReward, step }: EntryJSON): ReplayEntry => {
  const prefixes = fromBase64(prefixLogReward)
  if (!Number.isFinite(logReward) || !Number.isInteger(step) || !tokens.every(Number.isInteger))
    throw new TypeError('an entry has a number that is not one')
  if (prefixes.length !== tokens.length + 1)
    throw new TypeError(`${tokens.length} tokens with ${prefixes.length} prefix rewards`)
  return { tokens: Int32Array.from(tokens), logReward, prefixLogReward: prefixes, step }
}

/** Reads what `replayBufferToJSON` wrote; `ReplayBufferInvalid` for anything else. */
export const replayBufferFromJSON = (json: unknown): Either<Fault<'ReplayBufferInvalid'>, ReplayBuffer> => {
  try {
    const { version, capacity, tolerance, prompts } = json as ReplayBufferJSON
    if (version !== 1) throw new TypeError(`version ${version}`)
    if (!(Number.isInteger(capacity) && capacity >= 1 && tolerance >= 0))
      throw new TypeError(`capacity ${capacity}, tolerance ${tolerance}`)
    const entries = new Map(prompts.map(({ id, entries }) => [id, entries.map(entryOf)] as const))
    return right({ capacity, tolerance, entries })
  } catch (cause) {
    return left(
      fault(
        'ReplayBufferInvalid',
        `this is no saved replay buffer: ${cause instanceof Error ? cause.message : cause}`,
        'Delete the file to go on with an empty buffer, or restore an earlier checkpoint',
      ),
    )
  }
}

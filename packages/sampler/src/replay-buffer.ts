import { type Annotated, type Key, checkCount, completionOf, normaliseLog, uniform } from '@gfnlm/env'
import { draw } from './draw.ts'
import { withinDistance } from './edit-distance.ts'
import { type Precedes, heaped, pushed, rootReplaced } from './heap.ts'

/** A completion worth remembering, with all that a loss needs to use it again without scoring it again. */
export interface ReplayEntry {
  /** [length] the completion without its terminator. */
  readonly tokens: Int32Array
  /** log R of the whole completion, nats, not tempered: the reward temperature may change between uses. */
  readonly logReward: number
  /** [length + 1] log R of every prefix, nats, not tempered; NaN where the reward judges whole completions only. */
  readonly prefixLogReward: Float32Array
  /** The step it was sampled at. */
  readonly step: number
}

/**
 * The best completions of each prompt that are not near-copies of each other. A value: adding gives a new buffer
 * and shares what did not change, so it is checkpointed and restored as it is.
 */
export interface ReplayBuffer {
  /** Completions kept per prompt. */
  readonly capacity: number
  /** Completions a and b are similar when their edit distance is below tolerance · (|a| + |b|). */
  readonly tolerance: number
  /** By prompt id; each list is a binary min-heap on (log R, token ids). */
  readonly entries: ReadonlyMap<string, readonly ReplayEntry[]>
}

/** How completions are drawn: all alike, or p ∝ R (untempered). */
export type Priority = 'uniform' | 'reward'

/** An empty buffer. Throws a RangeError for a capacity below 1 or a negative tolerance. */
export const replayBuffer = ({
  capacity = 50,
  tolerance = 0.25,
}: Partial<Omit<ReplayBuffer, 'entries'>> = {}): ReplayBuffer => {
  checkCount('replayBuffer', 'capacity', capacity)
  if (!(tolerance >= 0)) throw new RangeError(`tolerance ${tolerance}: 0 or more`)
  return { capacity, tolerance, entries: new Map() }
}

/** Ties in log R are broken by the token ids, as text, so that the order never depends on how entries came in. */
const precedes: Precedes<ReplayEntry> = (a, b) =>
  a.logReward < b.logReward || (a.logReward === b.logReward && a.tokens.join(' ') < b.tokens.join(' '))

const sameTokens = (a: Int32Array, b: Int32Array): boolean => a.length === b.length && a.every((id, i) => id === b[i])

const similar = (a: Int32Array, b: Int32Array, tolerance: number): boolean =>
  withinDistance(a, b, Math.ceil(tolerance * (a.length + b.length)) - 1) // distance < x  ⇔  distance ≤ ⌈x⌉ − 1

const kept = (
  heap: readonly ReplayEntry[],
  entry: ReplayEntry,
  { capacity, tolerance }: ReplayBuffer,
): readonly ReplayEntry[] => {
  if (heap.some(({ tokens }) => sameTokens(tokens, entry.tokens))) return heap
  const rival = heap.findIndex(({ tokens }) => similar(tokens, entry.tokens, tolerance))
  if (rival >= 0) {
    if (heap[rival].logReward >= entry.logReward) return heap
    return pushed(heaped(heap.toSpliced(rival, 1), precedes), entry, precedes)
  }
  if (heap.length < capacity) return pushed(heap, entry, precedes)
  return precedes(heap[0], entry) ? rootReplaced(heap, entry, precedes) : heap
}

const withEntries = (
  buffer: ReplayBuffer,
  added: Iterable<readonly [promptId: string, entry: ReplayEntry]>,
): ReplayBuffer => {
  const entries = new Map(buffer.entries)
  for (const [promptId, entry] of added) {
    if (!Number.isFinite(entry.logReward)) continue
    entries.set(promptId, kept(entries.get(promptId) ?? [], entry, buffer))
  }
  return { ...buffer, entries }
}

/**
 * The buffer after offering it a completion:
 * the same tokens again are dropped, whatever their reward; a completion similar to a stored one (the first in heap
 * order) replaces it if its reward is higher and is dropped otherwise; else it enters, and where that is one too
 * many the lowest reward leaves. A reward that is not finite never enters.
 *
 * The semantics of gfn-lm-tuning's ReplayBuffer.add (Hu et al. 2024, arXiv:2310.04363), on token ids.
 */
export const addEntry = (buffer: ReplayBuffer, promptId: string, entry: ReplayEntry): ReplayBuffer =>
  withEntries(buffer, [[promptId, entry]])

/** The buffer after offering it every kept row of a batch, in order of row. */
export const addAll = (buffer: ReplayBuffer, batch: Annotated): ReplayBuffer => {
  const offered = Array.from({ length: batch.rows }, (_, row) => row).filter((row) => batch.keep[row] !== 0)
  return withEntries(
    buffer,
    offered.map((row) => {
      const first = row * batch.width
      const prefixLogReward = batch.logReward.slice(first, first + batch.length[row] + 1)
      const logReward = prefixLogReward[batch.length[row]]
      return [
        batch.prompts[batch.group[row]].id,
        { tokens: completionOf(batch, row), logReward, prefixLogReward, step: batch.step },
      ] as const
    }),
  )
}

/** A prompt's completions, best first. */
export const bestEntries = (buffer: ReplayBuffer, promptId: string): ReplayEntry[] =>
  [...(buffer.entries.get(promptId) ?? [])].sort((a, b) => (precedes(b, a) ? -1 : 1))

/** n completions of a prompt, drawn with replacement; none where the buffer has none for it. */
export const drawRows = (
  buffer: ReplayBuffer,
  promptId: string,
  n: number,
  key: Key,
  priority: Priority = 'uniform',
): ReplayEntry[] => {
  const stored = buffer.entries.get(promptId) ?? []
  if (stored.length === 0) return []
  const probabilities = normaliseLog(stored.map(({ logReward }) => (priority === 'reward' ? logReward : 0)))
  return Array.from({ length: n }, (_, i) => stored[draw(probabilities, uniform(key, i)).token])
}

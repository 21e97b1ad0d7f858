import { type Device, threadCount } from '@gfnlm/jit'
import { type Policy, bucketed, bucketedCount } from '@gfnlm/policy'
import { isSmall } from './is-small.ts'

/** How a batch's rows are decoded: `count` decodings at the same time, of `slots` rows each. */
export interface Lanes {
  readonly count: number
  readonly slots: number
}

/** What is to be decoded. */
export interface Work {
  readonly prompts: number
  readonly perPrompt: number
  /** Tokens of the longest prompt. */
  readonly promptLength: number
  /** Most tokens after it. */
  readonly maxLength: number
}

/** More rows than this at a time are hardly faster each. */
const MOST_SLOTS = 128

/** Fewer rows than this are not worth a lane of their own. */
const LEAST_SLOTS = 16

/** What the keys and values of all slots may take. */
const CACHE_BYTES = 256 * 2 ** 20

const cacheBytes = ({ cached }: Policy, columns: number): number => {
  if (cached === undefined) return 0
  const [kvHeads, headDim] = cached.head
  return 2 * 4 * cached.layers * kvHeads * headDim * columns
}

/** Rows whose keys and values there is room for: with a copy of the prompt each or, where more fit, one for all. */
const roomFor = (policy: Policy, { prompts, perPrompt, promptLength, maxLength }: Work): number => {
  const bytes = (columns: number): number => cacheBytes(policy, bucketed(columns))
  const apart = Math.floor(CACHE_BYTES / Math.max(1, bytes(promptLength + maxLength)))
  const rows = prompts * perPrompt
  const fits = prompts * bytes(promptLength) + rows * bytes(maxLength) <= CACHE_BYTES
  return Math.max(1, apart, perPrompt > 1 && fits && !isSmall(policy) ? rows : 0)
}

/**
 * As many lanes as there are cores where the model is small, because the cores would wait for each other at each of its
 * operators; else one lane, in which all cores work on each operator and the weights are read once for all rows.
 *
 * @param slots   rows at a time, all lanes together; by default as many as pay, and as memory has room for
 */
export const lanesOf = (policy: Policy, device: Device, work: Work, slots?: number): Lanes => {
  const small = isSmall(policy)
  const cores = device === 'cpu' && small ? threadCount() : 1
  const rows = work.prompts * work.perPrompt
  // An empty slot costs a large model little, and another graph much.
  const wanted = small ? rows : bucketedCount(rows)
  const together = Math.min(wanted, slots ?? Math.min(roomFor(policy, work), cores * MOST_SLOTS))
  const count = Math.max(1, Math.min(cores, Math.floor(together / LEAST_SLOTS)))
  return { count, slots: Math.ceil(together / count) }
}

import { type Device, threadCount } from '@gfnlm/jit'
import { type Policy, bucketed } from '@gfnlm/policy'
import { isSmall } from './is-small.ts'

/** How a batch's rows are decoded: `count` decodings at the same time, of `slots` rows each. */
export interface Lanes {
  readonly count: number
  readonly slots: number
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

/**
 * As many lanes as there are cores where the model is small, because the cores would wait for each other at each of its
 * operators; else one lane, in which all cores work on each operator and the weights are read once for all rows.
 *
 * @param rows    completions to decode
 * @param columns the longest prompt with its completion
 * @param slots   rows at a time, all lanes together; by default as many as pay, and as memory has room for
 */
export const lanesOf = (policy: Policy, device: Device, rows: number, columns: number, slots?: number): Lanes => {
  const cores = device === 'cpu' && isSmall(policy) ? threadCount() : 1
  const room = Math.max(1, Math.floor(CACHE_BYTES / Math.max(1, cacheBytes(policy, bucketed(columns)))))
  const together = Math.min(rows, slots ?? Math.min(room, cores * MOST_SLOTS))
  const count = Math.max(1, Math.min(cores, Math.floor(together / LEAST_SLOTS)))
  return { count, slots: Math.ceil(together / count) }
}

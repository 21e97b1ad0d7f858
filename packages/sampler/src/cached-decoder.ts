import { type Copies, type Holding, type HostTensor, type Kept, hostTensor, jitPerShape } from '@gfnlm/jit'
import { type CachedDecoding, type Policy, type Tensors, bucketed } from '@gfnlm/policy'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import type { CompileOptions, Decoder, Decoding } from './decoding.ts'
import { isSmall } from './is-small.ts'
import { emptyCache } from './empty-cache.ts'
import { orReference, withTrainable } from './pack-prompts.ts'
import type { Prefill, Prefilled } from './prefill.ts'
import { type Started, waitingRows } from './waiting-rows.ts'

/** What a decoding is between two calls. */
interface Slots {
  readonly rows: Int32Array
  readonly logits: Float32Array
  /** [slots] columns of the cache that hold a slot's row. */
  readonly filled: Int32Array
}

/** A cache with the engine: what is in its slots, and how many columns there are. */
interface Cache {
  readonly holding: Holding<{ readonly logits: HostTensor }>
  readonly slots: number
  readonly columns: number
}

const copy = (kept: Kept, output: string, pieces: readonly number[]): Copies => ({
  kept,
  output,
  input: 'cache',
  axis: 2,
  pieces: Int32Array.from(pieces),
})

/** A prompt's own columns go to the beginning of its slot, whatever padding was before them. */
const copiesOf = (arrivals: readonly (Started<Prefilled> | undefined)[]): Copies[] =>
  [...new Set(arrivals.flatMap((arrival) => (arrival === undefined ? [] : [arrival.batch])))].map((batch) => {
    const { pad, length } = batch
    return copy(
      batch.kept,
      'fresh',
      arrivals.flatMap((arrival, slot) =>
        arrival?.batch === batch ? [arrival.place, slot, pad[arrival.place]!, length[arrival.place]!] : [],
      ),
    )
  })

/** Least columns of a cache that grows. */
const FIRST_COLUMNS = 16

/** A quarter of the slots, and again, as long as those are enough. */
const quartered = (slots: number, rows: number): number => {
  const fewer = Math.ceil(slots / 4)
  return slots > 1 && rows <= fewer ? quartered(fewer, rows) : slots
}

/** Columns for `needed`, where there were `before`: twice as many when they are too few, a quarter when that will do. */
const resized = (needed: number, before: number): number => {
  const enough = Math.max(FIRST_COLUMNS, bucketed(needed))
  return needed > before ? Math.max(enough, bucketed(2 * before)) : 4 * enough <= before ? enough : before
}

/**
 * Runs every prompt once, then one token a row against a cache held where the policy runs. The cache of a small model
 * grows with its rows and shrinks with them, in columns and in slots: that takes more graphs and some copies, but no
 * step computes much that nobody reads. Of a large model's step the weights are the longer part, and every graph has
 * its own copy of them.
 */
export const cachedDecoder = (
  policy: Policy,
  cached: CachedDecoding,
  prefill: Prefill,
  options: CompileOptions,
): Decoder => {
  const resizes = isSmall(policy)
  const decode = jitPerShape(
    (
      {
        trainable,
        tokens,
        filled,
        cache,
      }: { trainable?: Tensors; tokens: Tensor1D; filled: Tensor1D; at: Tensor1D; cache: Tensors },
      constants: Tensors,
    ) => cached.decode(constants, orReference(trainable), { tokens, filled, cache }),
    {
      ...options,
      limit: options.limit * (resizes ? 4 : 1),
      writes: [{ output: 'fresh', input: 'cache', axis: 2, at: 'at' }],
    },
  )
  const vocab = policy.vocabSize
  return async ({ prompts, group, maxLength, trainable, slots = group.length }) => {
    // Nothing is read after the last token: it needs no column.
    const most = bucketed(prompts.reduce((longest, p) => Math.max(longest, p.length), 1) + maxLength - 1)
    // Prompts that were run and caches, until they are dropped: also those of a run that failed.
    const alive = new Set<Pick<Kept, 'drop'>>()
    const drop = async (kept: Pick<Kept, 'drop'>): Promise<void> => {
      if (alive.delete(kept)) await kept.drop()
    }
    const waiting = waitingRows(group, slots, async (numbers): Promise<Prefilled> => {
      const prefilled = await prefill(
        numbers.map((prompt) => prompts[prompt]!),
        trainable,
      )
      alive.add(prefilled.kept)
      return prefilled
    })
    const cacheOf = async (slots: number, columns: number): Promise<Cache> => {
      const holding = await decode.hold(withTrainable(trainable), { cache: emptyCache(cached, slots, columns) }, true)
      alive.add(holding)
      return { slots, columns, holding }
    }

    let cache: Cache | undefined
    // Where the rows of the next run are until then: prompts that were run, or slots of the cache.
    let arrivals: readonly (Started<Prefilled> | undefined)[] = Array<undefined>(slots).fill(undefined)
    let homes: readonly number[] = [...arrivals.keys()]

    /** The cache with room for one token more, and what is copied into it first. */
    const prepared = async (
      filled: Int32Array,
    ): Promise<{ readonly now: Cache; readonly copies: readonly Copies[] }> => {
      const needed = Math.min(most, filled.reduce((a, b) => Math.max(a, b)) + 1)
      const columns = resizes ? Math.min(most, resized(needed, cache?.columns ?? 0)) : most
      if (cache?.slots === filled.length && cache.columns === columns) return { now: cache, copies: copiesOf(arrivals) }
      const now = await cacheOf(filled.length, columns)
      if (cache === undefined) return { now, copies: copiesOf(arrivals) }
      const moves = Array.from(filled, (n, slot) =>
        n === 0 || arrivals[slot] !== undefined ? [] : [homes[slot]!, slot, 0, n],
      ).flat()
      return { now, copies: [copy(await cache.holding.kept(), 'cache', moves), ...copiesOf(arrivals)] }
    }

    const at = ({ rows, logits, filled }: Slots): Decoding => ({
      rows,
      logits,
      next: async (tokens) => {
        const [before, arrived] = [cache, arrivals]
        const { now, copies } = await prepared(filled)
        cache = now
        arrivals = arrived.map(() => undefined)
        homes = [...arrivals.keys()]
        const written = filled.map((n, slot) => (rows[slot]! < 0 || n === now.columns ? -1 : n))
        const { logits: next } = await now.holding.run(
          { tokens: hostTensor(tokens.slice()), filled: hostTensor(filled.slice()), at: hostTensor(written) },
          copies,
        )
        if (before !== undefined && before !== now) await drop(before.holding)
        await Promise.all(arrived.map((arrival) => (arrival?.last === true ? drop(arrival.batch.kept) : undefined)))
        return at({
          rows,
          logits: next.data as Float32Array,
          filled: filled.map((n, slot) => (rows[slot]! < 0 ? 0 : n + 1)),
        })
      },
      refill: async (free) => {
        const started = await waiting.take(free.length)
        const [nextRows, nextFilled, nextArrivals] = [rows.slice(), filled.slice(), [...arrivals]]
        free.forEach((slot, i) => {
          const arrival = started[i]
          nextArrivals[slot] = arrival
          nextRows[slot] = arrival?.row ?? -1
          nextFilled[slot] = arrival === undefined ? 0 : arrival.batch.length[arrival.place]!
          if (arrival !== undefined)
            logits.set(arrival.batch.logits.subarray(arrival.place * vocab, (arrival.place + 1) * vocab), slot * vocab)
        })
        arrivals = nextArrivals
        const busy = [...nextRows.keys()].filter((slot) => nextRows[slot]! >= 0)
        const enough = resizes && busy.length > 0 ? quartered(nextRows.length, busy.length) : nextRows.length
        if (enough === nextRows.length) return at({ rows: nextRows, logits, filled: nextFilled })
        const chosen = Array.from({ length: enough }, (_, i) => busy[i] ?? -1)
        arrivals = chosen.map((slot) => nextArrivals[slot])
        homes = chosen.map((slot) => homes[slot] ?? -1)
        const fewerLogits = new Float32Array(enough * vocab)
        busy.forEach((slot, i) => fewerLogits.set(logits.subarray(slot * vocab, (slot + 1) * vocab), i * vocab))
        return at({
          rows: Int32Array.from(chosen, (slot) => nextRows[slot] ?? -1),
          logits: fewerLogits,
          filled: Int32Array.from(chosen, (slot) => nextFilled[slot] ?? 0),
        })
      },
      close: async () => {
        await Promise.all([...alive].map(drop))
      },
    })
    return at({
      rows: new Int32Array(slots).fill(-1),
      logits: new Float32Array(slots * vocab),
      filled: new Int32Array(slots),
    })
  }
}

import { type Kept, hostTensor, hostZeros, jitPerShape } from '@gfnlm/jit'
import { type CachedDecoding, type Policy, type Tensors, bucketed } from '@gfnlm/policy'
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import type { CompileOptions, Decoder, Decoding } from './decoding.ts'
import { orReference, packPrompts, withTrainable } from './pack-prompts.ts'
import { type Started, waitingRows } from './waiting-rows.ts'

/** Prompts that were run: their keys and values stay with the engine. */
interface Prefilled {
  readonly kept: Kept
  /** [prompts, vocab] */
  readonly logits: Float32Array
  /** [prompts] */
  readonly pad: Int32Array
  readonly length: Int32Array
}

/** What a decoding is between two calls. */
interface Slots {
  readonly rows: Int32Array
  readonly logits: Float32Array
  /** [slots] columns of the cache that hold a slot's row. */
  readonly filled: Int32Array
}

type Arrival = Started<Prefilled> & { readonly slot: number }

/**
 * The keys and values of rows that come into slots, [pieces, 4]: a prompt's own columns go to the beginning of its
 * slot, whatever padding was before them.
 */
const piecesOf = (arrivals: readonly Arrival[], batch: Prefilled): Int32Array =>
  Int32Array.from(
    arrivals.filter((a) => a.batch === batch).flatMap(({ place, slot }) => [place, slot, batch.pad[place]!, batch.length[place]!]),
  )

/** Runs every prompt once, then one token a row against a cache held where the policy runs. */
export const cachedDecoder = (policy: Policy, cached: CachedDecoding, options: CompileOptions): Decoder => {
  const prefill = jitPerShape(
    ({ trainable, tokens, pad }: { trainable?: Tensors; tokens: Tensor2D; pad: Tensor1D }, constants: Tensors) =>
      cached.prefill(constants, orReference(trainable), { tokens, pad }),
    options,
  )
  const decode = jitPerShape(
    ({ trainable, tokens, filled, cache }: { trainable?: Tensors; tokens: Tensor1D; filled: Tensor1D; at: Tensor1D; cache: Tensors }, constants: Tensors) =>
      cached.decode(constants, orReference(trainable), { tokens, filled, cache }),
    { ...options, writes: [{ output: 'fresh', input: 'cache', axis: 2, at: 'at' }] },
  )
  return async ({ prompts, group, maxLength, trainable, slots = group.length }) => {
    const vocab = policy.vocabSize
    const [kvHeads, headDim] = cached.head
    const longest = prompts.reduce((most, p) => Math.max(most, p.length), 1)
    // Nothing is read after the last token: it needs no column.
    const capacity = bucketed(longest + maxLength - 1)
    const names = Array.from({ length: cached.layers }, (_, layer) => [`k.${layer}`, `v.${layer}`]).flat()
    const alive = new Set<Kept>()
    const waiting = waitingRows(group, slots, async (numbers): Promise<Prefilled> => {
      const started = numbers.map((prompt) => prompts[prompt]!)
      const packed = packPrompts(started, policy.contextLength)
      const { outputs, kept } = await prefill.keep({ ...withTrainable(trainable), ...packed }, 'fresh')
      alive.add(kept)
      return { kept, logits: outputs.logits.data as Float32Array, pad: packed.pad.data as Int32Array, length: Int32Array.from(started, (p) => p.length) }
    })
    const holding = await decode.hold(withTrainable(trainable), {
      cache: Object.fromEntries(names.map((name) => [name, hostZeros([slots, kvHeads, capacity, headDim])])),
    })
    const drop = async (kept: Kept): Promise<void> => {
      if (alive.delete(kept)) await kept.drop()
    }
    // Rows whose prompts are copied into their slots before the next run.
    let arrivals: readonly Arrival[] = []
    const at = ({ rows, logits, filled }: Slots): Decoding => ({
      rows,
      logits,
      next: async (tokens) => {
        const arrived = arrivals
        arrivals = []
        const batches = [...new Set(arrived.map(({ batch }) => batch))]
        const copies = batches.map((batch) => ({ kept: batch.kept, output: 'fresh', input: 'cache', axis: 2, pieces: piecesOf(arrived, batch) }))
        const written = filled.map((n, slot) => (rows[slot]! < 0 || n === capacity ? -1 : n))
        const { logits: next } = await holding.run({ tokens: hostTensor(tokens.slice()), filled: hostTensor(filled.slice()), at: hostTensor(written) }, copies)
        await Promise.all(arrived.filter(({ last }) => last).map(({ batch }) => drop(batch.kept)))
        return at({ rows, logits: next.data as Float32Array, filled: filled.map((n, slot) => (rows[slot]! < 0 ? 0 : n + 1)) })
      },
      refill: async (free) => {
        const [nextRows, nextFilled] = [rows.slice(), filled.slice()]
        const started = await waiting.take(free.length)
        for (const slot of free.slice(started.length)) {
          nextRows[slot] = -1
          nextFilled[slot] = 0
        }
        const arrived = started.map((row, i) => ({ ...row, slot: free[i]! }))
        for (const { row, batch, place, slot } of arrived) {
          nextRows[slot] = row
          nextFilled[slot] = batch.length[place]!
          logits.set(batch.logits.subarray(place * vocab, (place + 1) * vocab), slot * vocab)
        }
        arrivals = [...arrivals, ...arrived]
        return at({ rows: nextRows, logits, filled: nextFilled })
      },
      close: async () => {
        await Promise.all([holding.drop(), ...[...alive].map(drop)])
      },
    })
    return at({ rows: new Int32Array(slots).fill(-1), logits: new Float32Array(slots * vocab), filled: new Int32Array(slots) })
  }
}

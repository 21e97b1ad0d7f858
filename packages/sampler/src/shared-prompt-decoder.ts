import { type Copies, hostTensor, jitPerShape } from '@gfnlm/jit'
import { type CachedDecoding, type Policy, type Tensors, bucketed } from '@gfnlm/policy'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import type { CompileOptions, Decoder, Decoding } from './decoding.ts'
import { emptyCache } from './empty-cache.ts'
import { orReference, withTrainable } from './pack-prompts.ts'
import type { Prefill } from './prefill.ts'

/** Which prompts the rows continue where each is continued by as many, one after the other; else undefined. */
export const equalRuns = (group: Int32Array): readonly number[] | undefined => {
  const prompts = [...new Set(group)]
  const share = group.length / prompts.length
  const equal = Number.isInteger(share) && group.every((prompt, row) => prompt === prompts[Math.floor(row / share)])
  return equal ? prompts : undefined
}

interface Given {
  readonly trainable?: Tensors
  readonly tokens: Tensor1D
  readonly filled: Tensor1D
  readonly at: Tensor1D
  readonly cache: Tensors
  readonly prompt: { readonly cache: Tensors; readonly length: Tensor1D }
}

/**
 * Runs every prompt once and leaves its keys and values apart: all completions of a prompt read them where they are,
 * together, and the cache holds what each has after it. All rows start at once.
 *
 * @throws RangeError where the rows are not equal runs of the prompts (`equalRuns`), or have fewer slots
 */
export const sharedPromptDecoder = (
  policy: Policy,
  cached: CachedDecoding,
  prefill: Prefill,
  options: CompileOptions,
): Decoder => {
  const decode = jitPerShape(
    ({ trainable, tokens, filled, cache, prompt }: Given, constants: Tensors) =>
      cached.decode(constants, orReference(trainable), { tokens, filled, cache, prompt }),
    { ...options, writes: [{ output: 'fresh', input: 'cache', axis: 2, at: 'at' }] },
  )
  return async ({ prompts, group, maxLength, trainable, slots = group.length }) => {
    const numbers = equalRuns(group)
    const rows = group.length
    if (numbers === undefined || slots < rows)
      throw new RangeError('prompts are shared by equal runs of rows that all have a slot')
    const {
      kept,
      pad,
      length,
      logits: last,
    } = await prefill(
      numbers.map((n) => prompts[n]!),
      trainable,
    )
    const place = Array.from(group, (prompt) => numbers.indexOf(prompt))
    const columns = bucketed(Math.max(1, maxLength - 1))
    const longest = bucketed(length.reduce((a, b) => Math.max(a, b)))
    const holding = await decode.hold(
      { ...withTrainable(trainable), prompt: { length: hostTensor(Int32Array.from(place, (p) => length[p]!)) } },
      { cache: emptyCache(cached, rows, columns), prompt: { cache: emptyCache(cached, numbers.length, longest) } },
      true,
    )
    let arriving: readonly Copies[] = [
      {
        kept,
        output: 'fresh',
        input: 'prompt/cache',
        axis: 2,
        pieces: Int32Array.from(numbers.flatMap((_, p) => [p, p, pad[p]!, length[p]!])),
      },
    ]
    const arrived = async (): Promise<void> => {
      if (arriving.length === 0) return
      arriving = []
      await kept.drop()
    }

    const at = (row: Int32Array, logits: Float32Array, filled: Int32Array, waiting: boolean): Decoding => ({
      rows: row,
      logits,
      next: async (tokens) => {
        const written = filled.map((n, slot) => (row[slot]! < 0 || n === columns ? -1 : n))
        const { logits: next } = await holding.run(
          { tokens: hostTensor(tokens.slice()), filled: hostTensor(filled.slice()), at: hostTensor(written) },
          arriving,
        )
        await arrived()
        const now = filled.map((n, slot) => (row[slot]! < 0 ? 0 : n + 1))
        return at(row, next.data as Float32Array, now, false)
      },
      refill: async (free) => {
        const left = row.map((r, slot) => (free.includes(slot) ? (waiting ? slot : -1) : r))
        return at(left, logits, filled, false)
      },
      close: async () => {
        await Promise.all([holding.drop(), arrived()])
      },
    })
    const vocab = policy.vocabSize
    const logits = new Float32Array(rows * vocab)
    place.forEach((p, row) => logits.set(last.subarray(p * vocab, (p + 1) * vocab), row * vocab))
    return at(new Int32Array(rows).fill(-1), logits, new Int32Array(rows), true)
  }
}

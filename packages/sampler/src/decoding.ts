import { type Device, type HostTensor, type HostTensors, hostTensor, jitPerShape } from '@gfnlm/jit'
import { type Policy, type Tensors, bucketed } from '@gfnlm/policy'
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { promptsFault } from './prompts-fit.ts'

/** Rows being decoded: each call appends one token to every row. */
export interface Decoding {
  /** [rows, vocab] next-token logits of every row. */
  readonly logits: Float32Array
  /** Appends a token to each row. */
  readonly next: (tokens: Int32Array) => Promise<Decoding>
  /** Frees what the rows hold; the decoding cannot go on after it. */
  readonly close: () => Promise<void>
}

/** What is decoded: row r continues prompt `group[r]` by at most `maxLength` tokens. */
export interface DecodingRequest {
  readonly prompts: readonly Int32Array[]
  readonly group: Int32Array
  readonly maxLength: number
  /** Newest trainable parameters; null decodes with the frozen reference. */
  readonly trainable: HostTensors | null
}

/** Opens decodings of one policy; its compiled functions are shared by all of them. */
export type Decoder = (request: DecodingRequest) => Promise<Decoding>

const withTrainable = (trainable: HostTensors | null): { readonly trainable?: HostTensors } =>
  trainable === null ? {} : { trainable }

const orReference = (trainable: Tensors | undefined): Tensors | null => trainable ?? null

/** Left-pads the prompts to one width: a bucket's, or what the model has where that is less. */
const packPrompts = (prompts: readonly Int32Array[], contextLength: number): { readonly tokens: Int32Array; readonly pad: Int32Array; readonly width: number } => {
  const width = Math.min(bucketed(Math.max(...prompts.map((p) => p.length))), contextLength)
  const tokens = new Int32Array(prompts.length * width)
  const pad = Int32Array.from(prompts, (p) => width - p.length)
  prompts.forEach((p, i) => tokens.set(p, i * width + pad[i]!))
  return { tokens, pad, width }
}

/** Copies a prompt's cache [prompts, heads, width, dim] to each of its rows, in a cache of `capacity` columns. */
const spread = ({ data, shape }: HostTensor, group: Int32Array, capacity: number): HostTensor => {
  const [, heads, width, dim] = shape as [number, number, number, number]
  const out = new Float32Array(group.length * heads * capacity * dim)
  group.forEach((prompt, row) => {
    for (let h = 0; h < heads; h++) {
      const from = (prompt * heads + h) * width * dim
      out.set((data as Float32Array).subarray(from, from + width * dim), (row * heads + h) * capacity * dim)
    }
  })
  return hostTensor(out, [group.length, heads, capacity, dim])
}

const gatherRows = (data: Float32Array, group: Int32Array, vocab: number): Float32Array => {
  const out = new Float32Array(group.length * vocab)
  group.forEach((prompt, row) => out.set(data.subarray(prompt * vocab, (prompt + 1) * vocab), row * vocab))
  return out
}

/** Prefills every prompt once, then runs one token a row against a cache held where the policy runs. */
const cachedDecoder = (policy: Policy, cached: NonNullable<Policy['cached']>, device: Device): Decoder => {
  const options = { device, constants: policy.constants, limit: 64 }
  const prefill = jitPerShape(
    ({ trainable, tokens, pad }: { trainable?: Tensors; tokens: Tensor2D; pad: Tensor1D }, constants: Tensors) =>
      cached.prefill(constants, orReference(trainable), { tokens, pad }),
    options,
  )
  const decode = jitPerShape(
    ({ trainable, ...input }: { trainable?: Tensors; tokens: Tensor1D; pad: Tensor1D; filled: Tensor1D; cache: Tensors }, constants: Tensors) =>
      cached.decode(constants, orReference(trainable), input),
    { ...options, writes: [{ output: 'fresh', input: 'cache', axis: 2, at: 'filled' }] },
  )
  return async ({ prompts, group, maxLength, trainable }) => {
    const packed = packPrompts(prompts, policy.contextLength)
    const started = await prefill({
      ...withTrainable(trainable),
      tokens: hostTensor(packed.tokens, [prompts.length, packed.width]),
      pad: hostTensor(packed.pad),
    })
    const capacity = packed.width + bucketed(maxLength)
    const holding = await decode.hold({
      ...withTrainable(trainable),
      pad: hostTensor(group.map((g) => packed.pad[g]!)),
      cache: Object.fromEntries(Object.entries(started.fresh).map(([name, kv]) => [name, spread(kv, group, capacity)])),
    })
    const at = (logits: Float32Array, filled: number): Decoding => ({
      logits,
      next: async (tokens) => {
        const { logits: next } = await holding.run({
          tokens: hostTensor(tokens.slice()),
          filled: hostTensor(new Int32Array(group.length).fill(filled)),
        })
        return at(next.data as Float32Array, filled + 1)
      },
      close: holding.drop,
    })
    return at(gatherRows(started.logits.data as Float32Array, group, policy.vocabSize), packed.width)
  }
}

/** Runs whole rows again for every token: for policies without a cache. */
const uncachedDecoder = (policy: Policy, device: Device): Decoder => {
  const run = jitPerShape(
    ({ trainable, tokens, pad }: { trainable?: Tensors; tokens: Tensor2D; pad: Tensor1D }, constants: Tensors) => ({
      logits: policy.logits(constants, orReference(trainable), { tokens, pad }, { start: tokens.shape[1] - 1, count: 1 }),
    }),
    { device, constants: policy.constants, limit: 64 },
  )
  return async ({ prompts, group, trainable }) => {
    const at = async (rows: readonly Int32Array[]): Promise<Decoding> => {
      const { tokens, pad, width } = packPrompts(rows, policy.contextLength)
      const { logits } = await run({ ...withTrainable(trainable), tokens: hostTensor(tokens, [rows.length, width]), pad: hostTensor(pad) })
      return {
        logits: logits.data as Float32Array,
        next: (chosen) => at(rows.map((row, r) => Int32Array.of(...row, chosen[r]!))),
        close: async () => {},
      }
    }
    return at(Array.from(group, (g) => prompts[g]!))
  }
}

/**
 * The decoder of a policy: cached where the policy can, on `device` (default cpu). Opening rejects with a Fault
 * (`NoPrompts`, `PromptEmpty`, `PromptTooLong`) when the prompts and `maxLength` do not fit the policy.
 */
export const decoderOf = (policy: Policy, device: Device = 'cpu'): Decoder => {
  const open = policy.cached === undefined ? uncachedDecoder(policy, device) : cachedDecoder(policy, policy.cached, device)
  return async (request) => {
    const named = request.prompts.map((tokens, i) => ({ name: `${i + 1} of ${request.prompts.length}`, tokens }))
    const wrong = promptsFault(named, request.maxLength, policy.contextLength)
    if (wrong !== undefined) throw wrong
    return open(request)
  }
}

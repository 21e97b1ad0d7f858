import { checkCount } from '@gfnlm/env'
import type { Device, HostTensors, JitOptions } from '@gfnlm/jit'
import type { Policy } from '@gfnlm/policy'
import { cachedDecoder } from './cached-decoder.ts'
import { prefillOf } from './prefill.ts'
import { promptsFault } from './prompts-fit.ts'
import { sharedPromptDecoder } from './shared-prompt-decoder.ts'
import { sharesPrompts } from './shares-prompts.ts'
import { uncachedDecoder } from './uncached-decoder.ts'

/**
 * Rows being decoded, one a slot: each call appends one token to every row. The newest value of a decoding counts: the
 * logits of those before may lie in the same memory.
 */
export interface Decoding {
  /** [slots] the row that each slot decodes; −1: none. */
  readonly rows: Int32Array
  /** [slots, vocab] next-token logits of each slot's row. */
  readonly logits: Float32Array
  /** Appends a token to the row of each slot. */
  readonly next: (tokens: Int32Array) => Promise<Decoding>
  /**
   * Gives slots to rows that have none yet, in the order of their prompts; their logits, in place of the old ones, are
   * those after their prompts. A slot that finds no row is empty from then on; when most slots are empty, the rows may
   * move to others and the empty ones go.
   */
  readonly refill: (slots: readonly number[]) => Promise<Decoding>
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
  /** Rows decoded at a time; by default all, row r in slot r. */
  readonly slots?: number
  /** Decodings of different lanes run at the same time, on one core each; without a lane, every core works on it. */
  readonly lane?: number
}

/** How the functions of a decoder are compiled. */
export type CompileOptions = JitOptions & { readonly limit: number }

/** Graphs of a function: more than the buckets of 128 rows (24) and of 8192 columns (36) make together. */
const GRAPHS = 1024

/** Opens decodings of one policy; its compiled functions are shared by all of them. */
export type Decoder = (request: DecodingRequest) => Promise<Decoding>

const made = (policy: Policy, options: CompileOptions): Decoder => {
  const { cached } = policy
  if (cached === undefined) return uncachedDecoder(policy, options)
  const prefill = prefillOf(policy, cached, options)
  const slotted = cachedDecoder(policy, cached, prefill, options)
  const shared = sharedPromptDecoder(policy, cached, prefill, options)
  return (request) => (sharesPrompts(policy, request) ? shared : slotted)(request)
}

/**
 * The decoder of a policy: cached where the policy can, on `device` (default cpu). Opening rejects with a Fault
 * (`NoPrompts`, `PromptEmpty`, `PromptTooLong`) when the prompts and `maxLength` do not fit the policy, and with a
 * RangeError when `slots` is no whole number from 1.
 */
export const decoderOf = (policy: Policy, device: Device = 'cpu'): Decoder => {
  const lanes = new Map<number | undefined, Decoder>()
  const on = (lane: number | undefined): Decoder => {
    const options = {
      device,
      constants: policy.constants,
      limit: GRAPHS,
      ...(lane === undefined ? {} : { thread: lane }),
    }
    const found = lanes.get(lane) ?? made(policy, options)
    lanes.set(lane, found)
    return found
  }
  return async (request) => {
    if (request.slots !== undefined) checkCount('decoder', 'slots', request.slots)
    const named = request.prompts.map((tokens, i) => ({ name: `${i + 1} of ${request.prompts.length}`, tokens }))
    const wrong = promptsFault(named, request.maxLength, policy.contextLength)
    if (wrong !== undefined) throw wrong
    const decoding = await on(request.lane)(request)
    return decoding.refill([...decoding.rows.keys()])
  }
}

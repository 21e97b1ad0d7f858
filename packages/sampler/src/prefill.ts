import { type HostTensors, type Kept, jitPerShape } from '@gfnlm/jit'
import { type CachedDecoding, type Policy, type Tensors, bucketedCount } from '@gfnlm/policy'
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import type { CompileOptions } from './decoding.ts'
import { orReference, packPrompts, withTrainable } from './pack-prompts.ts'

/** Prompts that were run: their keys and values stay with the engine. Behind them may be others, which nobody reads. */
export interface Prefilled {
  readonly kept: Kept
  /** [prompts, vocab] */
  readonly logits: Float32Array
  /** [prompts] columns of padding before each. */
  readonly pad: Int32Array
  /** [prompts] */
  readonly length: Int32Array
}

/** Runs prompts together. */
export type Prefill = (prompts: readonly Int32Array[], trainable: HostTensors | null) => Promise<Prefilled>

/** Prompts filled up to a bucket with the first of them: another number of prompts would be another graph. */
const filledUp = (prompts: readonly Int32Array[]): readonly Int32Array[] =>
  Array.from({ length: bucketedCount(prompts.length) }, (_, i) => prompts[i] ?? prompts[0]!)

/** The prefill of one policy: its compiled functions are shared by all who decode from it. */
export const prefillOf = (policy: Policy, cached: CachedDecoding, options: CompileOptions): Prefill => {
  const prefill = jitPerShape(
    ({ trainable, tokens, pad }: { trainable?: Tensors; tokens: Tensor2D; pad: Tensor1D }, constants: Tensors) =>
      cached.prefill(constants, orReference(trainable), { tokens, pad }),
    options,
  )
  return async (given, trainable) => {
    const prompts = filledUp(given)
    const packed = packPrompts(prompts, policy.contextLength)
    const { outputs, kept } = await prefill.keep({ ...withTrainable(trainable), ...packed }, 'fresh')
    return {
      kept,
      logits: outputs.logits.data as Float32Array,
      pad: packed.pad.data as Int32Array,
      length: Int32Array.from(prompts, (p) => p.length),
    }
  }
}

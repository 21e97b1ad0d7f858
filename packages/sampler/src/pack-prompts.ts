import { leftPadded } from '@gfnlm/env'
import { type HostTensor, type HostTensors, hostTensor } from '@gfnlm/jit'
import { type Tensors, bucketed } from '@gfnlm/policy'

/** Prompts as a policy's functions take them. */
export interface PackedPrompts {
  /** [prompts, width] int32 */
  readonly tokens: HostTensor
  /** [prompts] int32 */
  readonly pad: HostTensor
}

/** Left-pads prompts to one width: a bucket's, or what the model has where that is less. */
export const packPrompts = (prompts: readonly Int32Array[], contextLength: number): PackedPrompts => {
  const width = Math.min(bucketed(prompts.reduce((longest, p) => Math.max(longest, p.length), 1)), contextLength)
  const { tokens, pad } = leftPadded(prompts, { width })
  return { tokens: hostTensor(tokens, [prompts.length, width]), pad: hostTensor(pad) }
}

/** What a compiled function is given: the newest parameters, or none for the reference. */
export const withTrainable = (trainable: HostTensors | null): { readonly trainable?: HostTensors } =>
  trainable === null ? {} : { trainable }

/** What it makes of them. */
export const orReference = (trainable: Tensors | undefined): Tensors | null => trainable ?? null

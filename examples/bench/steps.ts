import type { PretrainedPolicy } from '@gfnlm/policy'
import { decoderOf } from '@gfnlm/sampler'
import { constant, supervised, trainer } from '@gfnlm/trainer'
import { type Gpt2Shape, someTokens } from './gpt2-shape.ts'

/** Something to be timed: one call, one step. */
export type Step = () => Promise<unknown>

const rowsOf = (shape: Gpt2Shape, length: number): Int32Array[] =>
  Array.from({ length: shape.B }, (_, row) => someTokens(shape, row, length))

/** Forward, mean cross-entropy of B × T tokens, backward into the adapters, AdamW: all that a user's update does. */
export const trainingStep = (policy: PretrainedPolicy, shape: Gpt2Shape): Step => {
  const learner = trainer(policy, { task: supervised(), learningRate: constant(1e-4) })
  // T predictions take T + 1 tokens.
  const rows = rowsOf(shape, shape.T + 1).map((tokens) => ({ tokens, given: 0 }))
  return () => learner.update({ rows })
}

/** One token for each of B rows that have T tokens cached, to logits on the host, by the model without its adapter. */
export const decodeStep = async (policy: PretrainedPolicy, shape: Gpt2Shape): Promise<Step> => {
  const prompts = rowsOf(shape, shape.T)
  const decoding = await decoderOf(policy)({ prompts, group: Int32Array.from(prompts.keys()), maxLength: 8, trainable: null })
  const tokens = Int32Array.from(prompts, (_, row) => row)
  // Every call starts from the same decoding, so it always sees T cached positions.
  return () => decoding.next(tokens)
}

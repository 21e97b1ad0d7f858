import type { PretrainedPolicy } from '@gfnlm/policy'
import { lora, randomPolicy } from '@gfnlm/policy'
import { type Decoder, decoderOf } from '@gfnlm/sampler'
import { constant, supervised, trainer } from '@gfnlm/trainer'
import { type Shape, gpt2Config, someTokens } from './shapes.ts'

/** One run of something that is timed. */
export type Step = () => Promise<unknown>

/** The adapter of every LoRA row: `attn.c_attn`, as the peers have it. */
export const adapterOf = ({ R }: Pick<Shape, 'R'>) => lora({ r: R, alpha: 2 * R, targets: ['c_attn'] })

/** A model of random weights with an adapter, or one that trains whole where the rank is 0. */
export const policyOf = (shape: Shape): PretrainedPolicy => {
  const made = randomPolicy(gpt2Config(shape), shape.R === 0 ? { seed: 1 } : { seed: 1, adapter: adapterOf(shape) })
  if (made._tag === 'Left') throw made.left
  return made.right
}

const rowsOf = (shape: Shape, length: number, from = 0): Int32Array[] =>
  Array.from({ length: shape.B }, (_, row) => someTokens(shape, from + row, length))

/** Forward, mean cross-entropy of B × T tokens, backward, AdamW: all that an update does, on new rows at each step. */
export const trainingStep = (policy: PretrainedPolicy, shape: Shape): Step => {
  const learner = trainer(policy, { task: supervised(), learningRate: constant(1e-4) })
  let step = 0
  // T predictions take T + 1 tokens.
  return () =>
    learner.update({ rows: rowsOf(shape, shape.T + 1, shape.B * step++).map((tokens) => ({ tokens, given: 0 })) })
}

/** One token for each of B rows that have T tokens cached, to logits on the host, by the model without its adapter. */
export const decodeStep = async (
  policy: PretrainedPolicy,
  shape: Shape,
  decoder: Decoder = decoderOf(policy),
): Promise<Step> => {
  const prompts = rowsOf(shape, shape.T)
  const decoding = await decoder({ prompts, group: Int32Array.from(prompts.keys()), maxLength: 8, trainable: null })
  const tokens = Int32Array.from(prompts, (_, row) => row)
  // Every call starts from the same decoding, so it always sees T cached positions.
  return () => decoding.next(tokens)
}

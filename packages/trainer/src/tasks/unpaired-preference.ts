import { fault } from '@gfnlm/env'
import { hostTensor } from '@gfnlm/jit'
import {
  type Completions,
  type LabelledCompletions,
  type ReferredCompletions,
  type Terms,
  mismatchedKl,
  previousCompletions,
  sequenceLogProbs,
} from '@gfnlm/losses'
import type { Tensors } from '@gfnlm/policy'
import type * as tf from '@tensorflow/tfjs-core'
import { type PromptedCompletion, completionTokens, packCompletions } from './completions.ts'
import { completionTokenCount } from './count-tokens.ts'
import { evenly } from './parts.ts'
import type { Task, TaskInputs } from './task.ts'

/** A completion that somebody found good or bad. */
export interface LabelledCompletion extends PromptedCompletion {
  readonly desirable: boolean
  /** What the completion counts for; default 1. */
  readonly weight?: number
}

export interface LabelledCompletionBatch {
  readonly completions: readonly LabelledCompletion[]
  /** Pads prompt and completion to this many columns at least, so that batches share a compiled graph. */
  readonly width?: number
}

const pack = ({ completions, width }: LabelledCompletionBatch) => ({
  ...packCompletions(completions, width, (row) => `completion ${row}`),
  desirable: hostTensor(Float32Array.from(completions, ({ desirable }) => (desirable ? 1 : 0))),
  weight: hostTensor(Float32Array.from(completions, ({ weight = 1 }) => weight)),
})

/** Completions in at most so many parts, all padded to the same width. */
const inParts = (
  { completions, width = 0 }: LabelledCompletionBatch,
  parts: number,
): readonly LabelledCompletionBatch[] => {
  const lengths = completions.map(({ prompt, completion }) => prompt.length + completion.length)
  const widest = Math.max(width, ...lengths)
  return evenly(completions, parts).map((some) => ({ completions: some, width: widest }))
}

/** [rows] log-probabilities of packed completions under the policy and, with the adapter off, under the reference. */
const underBoth = (inputs: TaskInputs, packed: Tensors): Completions => ({
  logProb: sequenceLogProbs(completionTokens(inputs, inputs.trainable, packed)).sum,
  referenceLogProb: sequenceLogProbs(completionTokens(inputs, null, packed)).sum,
})

/**
 * Learning from single completions with a label by a loss that is one of rows: APO-zero, NCA. The reference is the
 * policy without its adapter, in the same graph.
 *
 * `pack` throws a CompletionEmpty or PromptEmpty fault for a completion that has nothing to score.
 *
 * @example trainer(policy, { task: unpairedPreference(apoZeroUnpaired()), learningRate: constant(1e-5) })
 */
export const unpairedPreference = (
  loss: (completions: LabelledCompletions) => Terms,
  { name = 'unpaired-preference' }: { readonly name?: string } = {},
): Task<LabelledCompletionBatch> => ({
  name,
  parameters: {},
  rateScale: 1,
  pack,
  packParts: (batch, parts) => inParts(batch, parts).map(pack),
  tokens: completionTokenCount,
  loss: (inputs) => loss({ ...underBoth(inputs, inputs.batch), desirable: inputs.batch['desirable'] as tf.Tensor1D }),
})

export interface KtoTaskOptions {
  readonly name?: string
  /** Whose completion stands beside each prompt to estimate KL. Default `previousCompletions`, TRL's. */
  readonly mismatch?: <A>(completions: readonly A[]) => readonly A[]
  /** KL from their log-probabilities. Default `mismatchedKl`, TRL's. */
  readonly estimate?: typeof mismatchedKl
}

/**
 * KTO: learning from single completions with a label, against what the policy has gained on completions of other
 * prompts, which are scored in the same graph. KL is a batch's own, so that batches of some size are needed and a batch
 * is not the sum of its parts.
 *
 * `pack` throws a BatchTooSmall fault for fewer than two completions, and a CompletionEmpty or PromptEmpty one for a
 * completion that has nothing to score.
 *
 * @example trainer(policy, { task: ktoTask(kto({ beta: 0.1 })), learningRate: constant(1e-5) })
 */
export const ktoTask = (
  loss: (completions: ReferredCompletions) => Terms,
  { name = 'kto', mismatch = previousCompletions, estimate = mismatchedKl }: KtoTaskOptions = {},
): Task<LabelledCompletionBatch> => ({
  name,
  parameters: {},
  rateScale: 1,
  tokens: completionTokenCount,
  pack: (batch) => {
    const { completions, width } = batch
    if (completions.length < 2)
      throw fault(
        'BatchTooSmall',
        `KTO estimates KL from other rows' completions, and the batch has ${completions.length}`,
        'Give at least two completions a batch, better 16.',
        { rows: completions.length },
      )
    const others = mismatch(completions.map(({ completion }) => completion))
    const beside = completions.map(({ prompt }, row) => ({ prompt, completion: others[row]! }))
    return { ...pack(batch), mismatched: packCompletions(beside, width, (row) => `completion beside prompt ${row}`) }
  },
  loss: (inputs) => {
    const batch = inputs.batch as unknown as Tensors & { readonly mismatched: Tensors }
    return loss({
      ...underBoth(inputs, batch),
      desirable: batch['desirable'] as tf.Tensor1D,
      kl: estimate(underBoth(inputs, batch.mismatched)),
    })
  },
})

import type { HostTensors } from '@gfnlm/jit'
import {
  type MeasuredPolicyPairs,
  type PairTokens,
  type PairsWithNll,
  type ReferencePairs,
  type Sharing,
  type Terms,
  sequenceLogProbs,
  sequenceMean,
  sequenceNll,
} from '@gfnlm/losses'
import type * as tf from '@tensorflow/tfjs-core'
import {
  type CompletionPairs,
  type PairLogProbs,
  packPairs,
  pairTokens,
  pairsInParts,
  summed,
} from './completion-pairs.ts'
import type { CompletionTokens } from './completions.ts'
import { pairTokenCount } from './count-tokens.ts'
import { type PairReference, adapterOff } from './pair-reference.ts'
import type { Task, TaskInputs } from './task.ts'
import { meanOfLearned } from './token-metrics.ts'

/** All that a pair loss without a reference may read. */
export interface PolicySides extends MeasuredPolicyPairs, PairsWithNll {}

/** All that a pair loss may read. */
export interface PreferenceSides extends PolicySides, ReferencePairs {}

export interface ReferenceFreeOptions {
  readonly name?: string
  /**
   * How the likelihood of the chosen completions is normalised, for losses that read it. Default `sequenceMean`, which
   * is the same for a batch and its parts; TRL's is `tokenMean`.
   */
  readonly nll?: Sharing
}

export interface PreferenceOptions extends ReferenceFreeOptions {
  /**
   * What stands for log π(y | x), of policy and reference alike. Default `summed`; LD-DPO's is
   * `(tokens) => desensitised(tokens, alpha)`.
   */
  readonly logProbs?: PairLogProbs
  /** Where the reference's log-probabilities come from. Default `adapterOff`. */
  readonly reference?: PairReference
}

const policySides = (tokens: PairTokens, nll: Sharing, logProbs: PairLogProbs): PolicySides => {
  const { chosen: chosenLogProb, rejected: rejectedLogProb } = logProbs(tokens)
  return {
    chosenLogProb,
    rejectedLogProb,
    chosenLength: sequenceLogProbs(tokens.chosen).length,
    rejectedLength: sequenceLogProbs(tokens.rejected).length,
    chosenNll: sequenceNll(tokens.chosen, nll),
  }
}

/**
 * A loss of pairs that also logs `logits/chosen` and `logits/rejected`, the means over pairs of the mean over a
 * completion's tokens of the mean over the vocabulary. TRL averages over the tokens of the batch, so that its numbers
 * change with the parts that a batch is taken in.
 */
const withLogits = (inputs: TaskInputs, loss: (tokens: PairTokens) => Terms): Terms => {
  const tokens = pairTokens(inputs, inputs.trainable, inputs.batch)
  const terms = loss(tokens)
  const logits = ({ meanLogit, mask }: CompletionTokens): tf.Scalar => meanOfLearned(meanLogit, { mask }, sequenceMean)
  const metrics = { 'logits/chosen': logits(tokens.chosen), 'logits/rejected': logits(tokens.rejected) }
  return { ...terms, metrics: { ...terms.metrics, ...metrics } }
}

/**
 * Learning from preferences without a reference: CPO, SimPO, ORPO.
 *
 * `pack` throws a CompletionEmpty or PromptEmpty fault for a pair that has nothing to score.
 *
 * @example trainer(policy, { task: referenceFreePreference(simPo()), learningRate: constant(1e-5) })
 */
export const referenceFreePreference = (
  loss: (pairs: PolicySides) => Terms,
  { name = 'preference', nll = sequenceMean }: ReferenceFreeOptions = {},
): Task<CompletionPairs> => ({
  name,
  parameters: {},
  rateScale: 1,
  pack: packPairs,
  packParts: (batch, parts) => pairsInParts(batch, parts).map(packPairs),
  tokens: pairTokenCount,
  loss: (inputs) => withLogits(inputs, (tokens) => loss(policySides(tokens, nll, summed))),
})

/**
 * Learning from preferences against a reference: DPO and its kin, or several losses as one. Batches are taken in parts,
 * whose losses make the batch's for every loss but `aot` and `aotUnpaired`, and `nll: tokenMean`.
 *
 * `pack` throws a CompletionEmpty or PromptEmpty fault for a pair that has nothing to score, and a ReferenceMissing one
 * where the reference is `precomputed` and a pair does not have it.
 *
 * @example
 * trainer(policy, { task: preference(dpo({ beta: 0.1 })), learningRate: constant(1e-5) })
 * const rpo = multiLoss([[1, dpo()], [0.5, likelihoodOfChosen()]])
 * trainer(policy, { task: preference(rpo, { reference: precomputed }), learningRate: constant(1e-5) })
 */
export const preference = (
  loss: (pairs: PreferenceSides) => Terms,
  { name = 'preference', nll = sequenceMean, logProbs = summed, reference = adapterOff }: PreferenceOptions = {},
): Task<CompletionPairs> => {
  const pack = (batch: CompletionPairs): HostTensors => ({ ...packPairs(batch), ...reference.pack(batch.pairs) })
  return {
    name,
    parameters: {},
    rateScale: 1,
    pack,
    packParts: (batch, parts) => pairsInParts(batch, parts).map(pack),
    tokens: pairTokenCount,
    loss: (inputs) => {
      const { chosen, rejected } = reference.logProbs(inputs, inputs.batch, logProbs)
      return withLogits(inputs, (tokens) =>
        loss({
          ...policySides(tokens, nll, logProbs),
          referenceChosenLogProb: chosen,
          referenceRejectedLogProb: rejected,
        }),
      )
    },
  }
}

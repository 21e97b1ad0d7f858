import { type MeasuredPolicyPairs, type PairsWithNll, type ReferencePairs, type Sharing, type Terms, sequenceLogProbs, sequenceNll, tokenMean } from '@gfnlm/losses'
import { type CompletionPairs, packPairs, pairTokens } from './completion-pairs.ts'
import { type PairReference, adapterOff } from './pair-reference.ts'
import type { Task, TaskInputs } from './task.ts'

/** All that a pair loss without a reference may read. */
export interface PolicySides extends MeasuredPolicyPairs, PairsWithNll {}

/** All that a pair loss may read. */
export interface PreferenceSides extends PolicySides, ReferencePairs {}

export interface ReferenceFreeOptions {
  readonly name?: string
  /** How the likelihood of the chosen completions is normalised, for losses that read it. Default `tokenMean`, TRL's. */
  readonly nll?: Sharing
}

export interface PreferenceOptions extends ReferenceFreeOptions {
  /** Where the reference's log-probabilities come from. Default `adapterOff`. */
  readonly reference?: PairReference
}

const policySides = (inputs: TaskInputs, nll: Sharing): PolicySides => {
  const { chosen, rejected } = pairTokens(inputs, inputs.trainable)
  const [ofChosen, ofRejected] = [sequenceLogProbs(chosen), sequenceLogProbs(rejected)]
  return {
    policyChosen: ofChosen.sum,
    policyRejected: ofRejected.sum,
    chosenLength: ofChosen.length,
    rejectedLength: ofRejected.length,
    chosenNll: sequenceNll(chosen, nll),
  }
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
  { name = 'preference', nll = tokenMean }: ReferenceFreeOptions = {},
): Task<CompletionPairs> => ({
  name,
  parameters: {},
  rateScale: 1,
  pack: packPairs,
  loss: (inputs) => loss(policySides(inputs, nll)),
})

/**
 * Learning from preferences against a reference: DPO and its kin, or several losses as one.
 *
 * `pack` throws a CompletionEmpty or PromptEmpty fault for a pair that has nothing to score, and a ReferenceMissing one
 * where the reference is `precomputed` and a pair does not have it.
 *
 * @example
 * trainer(policy, { task: preference(dpo({ beta: 0.1 })), learningRate: constant(1e-5) })
 * trainer(policy, { task: preference(multiLoss([[1, dpo()], [0.5, likelihoodOfChosen]]), { reference: precomputed }), learningRate })
 */
export const preference = (
  loss: (pairs: PreferenceSides) => Terms,
  { name = 'preference', nll = tokenMean, reference = adapterOff }: PreferenceOptions = {},
): Task<CompletionPairs> => ({
  name,
  parameters: {},
  rateScale: 1,
  pack: (batch) => ({ ...packPairs(batch), ...reference.pack(batch.pairs) }),
  loss: (inputs) => {
    const { chosen: referenceChosen, rejected: referenceRejected } = reference.logProbs(inputs)
    return loss({ ...policySides(inputs, nll), referenceChosen, referenceRejected })
  },
})

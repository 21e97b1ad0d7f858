import { dpo, hinge } from '@gfnlm/losses'
import { formula } from '../formula.ts'
import { number } from '../json.ts'
import type { Row } from '../registry.ts'
import { exploratory, nashMirrorDescent, nashMixture, onlinePairs, optimalAdvantage, pickedPair } from './online.ts'
import { ipoAtTheReference, pairwise, slicOfPairs, statedTerms, weightedPairs } from './pairwise.ts'
import { logOneMinusExp, referenceFree } from './reference-free.ts'
import { concentration, lengthDesensitised, selfPlay } from './tokens.ts'
import { labelWeights, labelled, mismatchedCompletions, runningShift } from './unpaired.ts'

/** Pairwise, reference-free and pointwise preference losses, the online ones, and how pairs are picked. */
export const PREFERENCE_LOSSES: readonly Row[] = [
  [/^DPO with per-pair sample weights/, formula(weightedPairs)],
  [/^APO-zero unpaired/, formula(labelled)],
  [/^BCO with running/, formula(runningShift)],
  [/^KTO Eq. 8/, formula(labelWeights)],
  [/^KTO/, formula(labelled)],
  [/^(dpo|DPO|cDPO|Robust DPO|f-DPO|IPO|hinge|SLiC|EXO|NCA|BCO \(pair|SPPO|AOT|APO|DiscoPOP)/, formula(pairwise)],
  [/^weighted multi-loss/, formula(pairwise)],
  [/^(CPO|SimPO|AlphaPO|ORPO|TPO)/, formula(referenceFree)],
  [/^log\(1-exp/, formula(logOneMinusExp)],
  [/^WPO/, formula(concentration)],
  [/^LD-DPO/, formula(lengthDesensitised)],
  [/^SPIN/, formula(selfPlay)],
  [/^Online DPO/, formula(onlinePairs)],
  [/^Nash-MD geometric/, formula(nashMixture)],
  [/^Nash-MD/, formula(nashMirrorDescent)],
  [/^XPO/, formula(exploratory)],
  [/^A\*-PO/, formula(optimalAdvantage)],
  [/^best\/worst/, formula(pickedPair)],
  [/^tt_dpo/, formula(statedTerms(({ beta }) => dpo({ beta: number(beta) })))],
  [/^tt_rso/, formula(statedTerms(({ gamma }) => hinge({ beta: number(gamma) })))],
  [/^trl_kto_kl_rotation/, formula(mismatchedCompletions)],
  [/^reg_halos_ipo/, formula(ipoAtTheReference)],
  [/^reg_halos_slic/, formula(slicOfPairs)],
]

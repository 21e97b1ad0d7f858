import type { Row } from '../registry.ts'

const LATER = 'preference losses are not written yet'

/** Pairwise, reference-free and pointwise preference losses, the online ones, and how pairs are picked. */
export const PREFERENCE_LOSSES: readonly Row[] = [
  [/^dpo |^cDPO|^Robust DPO|^IPO|^hinge|^EXO|^NCA|^BCO|^SPPO|^AOT|^APO|^DiscoPOP|^DPO |^f-DPO|^weighted multi-loss/, LATER],
  [/^SLiC|^CPO|^SimPO|^AlphaPO|^ORPO|^TPO|^log\(1-exp|^KTO|^WPO|^LD-DPO|^Online DPO|^Nash-MD|^XPO|^A\*-PO|^SPIN/, LATER],
  [/^best\/worst|^TR-DPO|^BEMA|^nucleus|^Gumbel|^tt_(dpo|rso)|^trl_kto|^reg_halos/, LATER],
]

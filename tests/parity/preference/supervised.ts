import type { Row } from '../registry.ts'

const LATER = 'reward-model, distillation and reweighting losses are not written yet'

/** Reward models, process rewards, distillation, supervised fine-tuning and weights. */
export const SUPERVISED: readonly Row[] = [
  [/^reward model|^PRM|^GKD|^SFT|^DFT|^importance weights|^self-normalised importance/, LATER],
  [/^trl_(prm_accuracy|rm_accuracy|gkd)|^reg_(sft_mask|logprob_shift)/, LATER],
]

import { formula } from '../formula.ts'
import type { Row } from '../registry.ts'
import { collatedCompletions, collatedPairs, stepwiseRows } from './batches.ts'
import { distillation, distillationEdges } from './distillation.ts'
import { dynamic, fineTuning } from './fine-tuning.ts'
import { processRewardAccuracy, processRewardLoss } from './process-reward.ts'
import { rewardModel, rewardModelAccuracy } from './reward-model.ts'
import { completionOnly, shiftedByOne } from './supervised-task.ts'
import { densityWeights, importanceWeights, selfNormalisedWeights } from './weights.ts'

/** Reward models, process rewards, distillation, supervised fine-tuning and weights. */
export const SUPERVISED: readonly Row[] = [
  [/^reward model/, formula(rewardModel)],
  [/^trl_rm_accuracy/, formula(rewardModelAccuracy)],
  [/^PRM/, formula(processRewardLoss)],
  [/^trl_prm_accuracy/, formula(processRewardAccuracy)],
  [/^trl_reward_collator/, collatedPairs],
  [/^trl_dpo_collator/, collatedCompletions],
  [/^trl_prm_(tokenize|last_step|max_completion|multi_sep)/, stepwiseRows],
  [/^GKD/, formula(distillation)],
  [/^trl_gkd/, formula(distillationEdges)],
  [/^SFT/, formula(fineTuning)],
  [/^DFT/, formula(dynamic)],
  [/^reg_sft_mask/, formula(completionOnly)],
  [/^reg_logprob_shift/, formula(shiftedByOne)],
  [/^importance weights/, formula(importanceWeights)],
  [/^self-normalised importance/, formula(selfNormalisedWeights)],
  [/^BCO underlying-distribution/, formula(densityWeights)],
]

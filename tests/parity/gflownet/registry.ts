import { behaviourAndRollout } from './behaviour-and-rollout.ts'
import { lmVsTorchgfn } from './lm-vs-torchgfn.ts'
import { modifiedSubTBLambda } from './modified-subtb-lambda.ts'
import { modifiedSubTBLimits } from './modified-subtb-limits.ts'
import { modifiedSubTBMasks } from './modified-subtb-masks.ts'
import { nextSentenceReward } from './next-sentence-reward.ts'
import { posteriorReward } from './posterior-reward.ts'
import { regressionLosses } from './regression-losses.ts'
import { replayBufferScenario } from './replay-buffer-scenario.ts'
import { sequenceLevelLosses } from './sequence-level-losses.ts'
import { softReinforcement } from './soft-rl.ts'
import { tbaAsReinforce } from './tba-as-reinforce.ts'
import { terminationValuesCase } from './termination-values.ts'
import { tokenTree } from './token-tree.ts'
import { torchgfnWeightings } from './torchgfn-weightings.ts'
import { formula } from '../formula.ts'
import type { Row } from '../registry.ts'

/** Cases of the GFlowNet references, whatever numbers they carry: a new one is a new file here and a row. */
export const GFLOWNET: readonly Row[] = [
  [/^modified_subtb_lambda_/, formula(modifiedSubTBLambda)],
  [/^modified_subtb_limits/, formula(modifiedSubTBLimits)],
  [/^modified_subtb_two_mask_conventions/, formula(modifiedSubTBMasks)],
  [/^torchgfn_subtb_weightings/, formula(torchgfnWeightings)],
  [/^lm_vs_torchgfn_equal/, formula(lmVsTorchgfn)],
  [/^sequence_level_losses/, formula(sequenceLevelLosses)],
  [/^regression_losses/, formula(regressionLosses)],
  [/^termination_values/, formula(terminationValuesCase)],
  [/^next_sentence_reward_score_fast/, nextSentenceReward],
  [/^posterior_reward_score_fast/, posteriorReward],
  [/^token_tree_exact_posterior/, tokenTree],
  [/^replay_buffer_scenario/, replayBufferScenario],
  [/^behaviour_policy_and_rollout/, behaviourAndRollout],
  [/^soft_rl_gae_ppo/, formula(softReinforcement)],
  [/^tba_equals_reinforce_mean_baseline/, formula(tbaAsReinforce)],
]

import { behaviourAndRollout } from './cases/behaviour-and-rollout.ts'
import { lmVsTorchgfn } from './cases/lm-vs-torchgfn.ts'
import { modifiedSubTBLambda } from './cases/modified-subtb-lambda.ts'
import { modifiedSubTBLimits } from './cases/modified-subtb-limits.ts'
import { modifiedSubTBMasks } from './cases/modified-subtb-masks.ts'
import { nextSentenceReward } from './cases/next-sentence-reward.ts'
import { posteriorReward } from './cases/posterior-reward.ts'
import { regressionLosses } from './cases/regression-losses.ts'
import { replayBufferScenario } from './cases/replay-buffer-scenario.ts'
import { sequenceLevelLosses } from './cases/sequence-level-losses.ts'
import { terminationValuesCase } from './cases/termination-values.ts'
import { tokenTree } from './cases/token-tree.ts'
import { torchgfnWeightings } from './cases/torchgfn-weightings.ts'
import type { Checker } from './run-parity.ts'

/** Case names, whatever numbers they carry, and who checks them. A new case is a new file in cases/ and a row here. */
const CHECKERS: readonly (readonly [RegExp, Checker])[] = [
  [/^modified_subtb_lambda_/, modifiedSubTBLambda],
  [/^modified_subtb_limits/, modifiedSubTBLimits],
  [/^modified_subtb_two_mask_conventions/, modifiedSubTBMasks],
  [/^torchgfn_subtb_weightings/, torchgfnWeightings],
  [/^lm_vs_torchgfn_equal/, lmVsTorchgfn],
  [/^sequence_level_losses/, sequenceLevelLosses],
  [/^regression_losses/, regressionLosses],
  [/^termination_values/, terminationValuesCase],
  [/^next_sentence_reward_score_fast/, nextSentenceReward],
  [/^posterior_reward_score_fast/, posteriorReward],
  [/^token_tree_exact_posterior/, tokenTree],
  [/^replay_buffer_scenario/, replayBufferScenario],
  [/^behaviour_policy_and_rollout/, behaviourAndRollout],
]

/** Objectives that the library does not have. */
const ABSENT: readonly (readonly [RegExp, string])[] = [
  [/^soft_rl_gae_ppo/, 'soft policy gradients are not written yet'],
  [/^tba_equals_reinforce_mean_baseline/, 'trajectory balance with a reference policy (TBA) is not written yet'],
]

/** The checker of a case, or why there is none. */
export const checkerOf = (name: string): Checker | string =>
  CHECKERS.find(([pattern]) => pattern.test(name))?.[1] ??
  ABSENT.find(([pattern]) => pattern.test(name))?.[1] ??
  'no checker for a case of this name'

import { formula } from '../formula.ts'
import type { Row } from '../registry.ts'
import {
  cosine,
  deviationOfKnown,
  gdpo,
  grpoAdvantages,
  maskedStatistics,
  overlong,
  repetition,
  returnsOf,
  rewardsOfTorchtune,
  rlooAdvantages,
  shapedAdvantages,
  thinks,
  truncated,
} from './advantages.ts'
import {
  clippedPPO,
  entropyMasks,
  geometricMean,
  grpoFamily,
  offPolicyMasks,
  policyOfTorchtune,
  rlooLoss,
} from './policy-gradient-losses.ts'

/** PPO, GRPO and their kin, masked statistics, and the rewards that their references test with. */
export const POLICY_GRADIENT: readonly Row[] = [
  [/^PPO KL-shaped rewards/, shapedAdvantages],
  [/^PPO clipped/, formula(clippedPPO)],
  [/^GRPO advantages/, grpoAdvantages],
  [/^GDPO/, gdpo],
  [/^GMPO/, formula(geometricMean)],
  [/^RLOO advantages/, rlooAdvantages],
  [/^RLOO loss/, formula(rlooLoss)],
  [/^GRPO|^BNPO|^Dr\.GRPO|^DAPO|^GSPO|^LUSPO|^CISPO|^SAPO|^VESPO|^INTELLECT/, formula(grpoFamily)],
  [/^tt_ppo/, formula(policyOfTorchtune)],
  [/^tt_rewards/, rewardsOfTorchtune],
  [/^tt_masked/, maskedStatistics],
  [/^tt_gae/, returnsOf],
  [/^tt_truncate/, truncated],
  [/^trl_entropy_mask/, formula(entropyMasks)],
  [/^trl_off_policy/, formula(offPolicyMasks)],
  [/^trl_nanstd/, deviationOfKnown],
  [/^trl_overlong/, overlong],
  [/^trl_repetition/, repetition],
  [/^trl_cosine/, cosine],
  [/^trl_think/, thinks],
]

import type { Row } from '../registry.ts'

const LATER = 'policy-gradient losses are not written yet'

/** PPO, GRPO and their kin, masked statistics, and the rewards that their references test with. */
export const POLICY_GRADIENT: readonly Row[] = [
  [/^PPO|^GRPO|^GDPO|^BNPO|^Dr\.GRPO|^DAPO|^GSPO|^LUSPO|^CISPO|^SAPO|^VESPO|^INTELLECT|^GMPO|^RLOO/, LATER],
  [/^tt_(ppo|rewards|masked|gae|truncate)/, LATER],
  [/^trl_(entropy_mask|off_policy|nanstd|overlong|repetition|cosine|think)/, LATER],
]

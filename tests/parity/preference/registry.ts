import type { Row } from '../registry.ts'
import { POLICY_GRADIENT } from './policy-gradient.ts'
import { PREFERENCE_LOSSES } from './preference-losses.ts'
import { SUPERVISED } from './supervised.ts'

const DATA = 'about preparing data, which this library does not do yet'
const JUDGE = 'about language models as judges, which this library does not have yet'
const SELF_REWARDING = 'about the self-rewarding loop, which this library does not have yet'
const UPSTREAM = 'a defect of code that has no counterpart here'

/** What is not about losses. */
const OTHER: readonly Row[] = [
  [/^trl_(flush_left|pack_|unpair|extract_prompt|dpo_collator)/, DATA],
  [/^reg_judge_/, JUDGE],
  [/^reg_(infinite_dpo|external_rm|spin_modulo|config_not_forwarded|pair_break|early_stop_direction)/, SELF_REWARDING],
  [/^reg_(sample_mask|sample_position|pairwise_loader|torchtune_dpo_import)/, UPSTREAM],
]

/** Cases of the preference references by their `loss`, or by their id where they have none. */
export const PREFERENCE: readonly Row[] = [...SUPERVISED, ...PREFERENCE_LOSSES, ...POLICY_GRADIENT, ...OTHER]

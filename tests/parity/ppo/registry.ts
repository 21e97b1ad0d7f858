import { formula } from '../formula.ts'
import type { Row } from '../registry.ts'
import { rewardModel } from './reward-model.ts'

/** Cases of the policy-gradient references by their `fn`. A new case is a new file here and a row. */
export const PPO: readonly Row[] = [[/^reward_model_loss/, formula(rewardModel)]]

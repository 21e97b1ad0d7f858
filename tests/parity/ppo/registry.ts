import type { Row } from '../registry.ts'

/** Cases of the policy-gradient references by their `fn`. A new case is a new file here and a row. */
export const PPO: readonly Row[] = []

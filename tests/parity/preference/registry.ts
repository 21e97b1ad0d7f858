import type { Row } from '../registry.ts'
import { DATA_ROWS } from './data-rows.ts'
import { POLICY_GRADIENT } from './policy-gradient.ts'
import { PREFERENCE_LOSSES } from './preference-losses.ts'
import { REGRESSIONS } from './regressions.ts'
import { SAMPLING } from './sampling.ts'
import { SUPERVISED } from './supervised.ts'

/** Cases of the preference references by their `loss`, or by their id where they have none. */
export const PREFERENCE: readonly Row[] = [
  ...SUPERVISED,
  ...PREFERENCE_LOSSES,
  ...POLICY_GRADIENT,
  ...SAMPLING,
  ...DATA_ROWS,
  ...REGRESSIONS,
]

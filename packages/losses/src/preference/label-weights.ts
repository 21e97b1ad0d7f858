import { checkOption } from './check-option.ts'

/** How much desirable and undesirable completions count. */
export interface LabelWeights {
  /** λ_D ≥ 0, default 1 */
  readonly desirableWeight?: number
  /** λ_U ≥ 0, default 1 */
  readonly undesirableWeight?: number
}

/** Checks λ_D and λ_U. */
export const checkLabelWeights = (caller: string, desirableWeight: number, undesirableWeight: number): void => {
  checkOption(caller, 'desirableWeight', desirableWeight, desirableWeight >= 0, 'at least 0')
  checkOption(caller, 'undesirableWeight', undesirableWeight, undesirableWeight >= 0, 'at least 0')
}

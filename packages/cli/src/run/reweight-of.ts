import {
  type Bound,
  type Estimator,
  importanceRatio,
  lengthNormalisedRatio,
  masked,
  posteriorRatio,
  product,
  promptBalance,
  selfNormalisedRatio,
  stalenessDecay,
  truncated,
  unbounded,
  uniform,
} from '@gfnlm/reweighter'
import type { EstimatorConfig, ReweightConfig } from '../config/config.ts'
import { defined } from '../defined.ts'

const one = (config: EstimatorConfig): Estimator => {
  switch (config.kind) {
    case 'importance-ratio':
      return importanceRatio({ unknown: config.unknown })
    case 'length-normalised-ratio':
      return lengthNormalisedRatio({ unknown: config.unknown })
    case 'self-normalised-ratio':
      return selfNormalisedRatio({ unknown: config.unknown })
    case 'posterior-ratio':
      return posteriorRatio({ unknown: config.unknown })
    case 'staleness-decay':
      return stalenessDecay({ halfLife: config.halfLife })
    case 'prompt-balance':
      return promptBalance
  }
}

/** What rows weigh: the product of a config's estimators, 1 where it names none. */
export const estimatorOf = ({ by }: ReweightConfig): Estimator =>
  by.map(one).reduce((all, next) => product(all, next), uniform as Estimator)

/** What becomes of weights outside of a config's limits. */
export const boundOf = ({ min, max, outside }: ReweightConfig): Bound => {
  if (min === undefined && max === undefined) return unbounded
  return outside === 'mask' ? masked(defined({ min, max })) : truncated(defined({ min, max }))
}

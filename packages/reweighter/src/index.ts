export { type Estimator, type Rows, uniform } from './estimator.ts'
export { type TokenEstimator, type TokenRows } from './token-estimator.ts'
export { type Sampled, sequenceLogRatio, tokenLogRatio } from './log-ratio.ts'
export { type RatioOptions, importanceRatio } from './importance-ratio.ts'
export { lengthNormalisedRatio } from './length-normalised-ratio.ts'
export { tokenImportanceRatio } from './token-importance-ratio.ts'
export { type Grouped } from './normalised-per-prompt.ts'
export { selfNormalisedRatio } from './self-normalised-ratio.ts'
export { posteriorRatio } from './posterior-ratio.ts'
export { densityRatio } from './density-ratio.ts'
export { type Concentrated, wpo } from './wpo.ts'
export { type Aged, type StalenessOptions, stalenessDecay } from './staleness-decay.ts'
export { type ClassBalanceOptions, type ClassCounts, classBalance } from './class-balance.ts'
export { labelConfidence } from './label-confidence.ts'
export { rewardGap } from './reward-gap.ts'
export { promptBalance } from './prompt-balance.ts'
export { amongRows } from './among-rows.ts'
export { product } from './product.ts'
export { promptColumn } from './prompt-column.ts'
export { type Bound, type Limits, bounded, masked, truncated, unbounded } from './bound.ts'
export { type HumanlineOptions, humanline } from './humanline.ts'
export { type RowWeights, reweight, weighed } from './reweight.ts'
export { type Listed, weighEach } from './weigh-each.ts'
export { type TokenWeights, reweightTokens, weighedTokens } from './reweight-tokens.ts'
export { effectiveSampleSize } from './effective-sample-size.ts'
export {
  type BoundedWeight,
  type WeightStatistics,
  statisticsOfEach,
  weightMetrics,
  weightStatistics,
} from './weight-statistics.ts'

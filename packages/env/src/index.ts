export { type Fault, fault, isFault } from './fault.ts'
export { checkCount } from './check-count.ts'
export { type Key, fold, keyOf, normal, permutation, threefry, uniform, uniformInt } from './random.ts'
export {
  type TokenMDP,
  enumerateCompletions,
  exceptTokens,
  legalTokens,
  onlyTokens,
  sizedShift,
  stateShift,
  tokenMDP,
} from './token-mdp.ts'
export {
  type Annotated,
  type Origin,
  type Prompt,
  type PromptBatch,
  type Trajectories,
  type Weighted,
  completionLogProb,
  completionOf,
  settledTokens,
  terminalReward,
  wasCutOff,
} from './batch.ts'
export { type TruncatedResponses, lastValidIndex, truncateAtStop } from './stop-tokens.ts'
export { type LeftPadded, leftPadded } from './left-padded.ts'
export { selectRows } from './select-rows.ts'
export { klDivergence, logSumExp, normaliseLog, totalVariation } from './distribution.ts'
export { perGroupMean, perGroupVariance } from './group-statistics.ts'

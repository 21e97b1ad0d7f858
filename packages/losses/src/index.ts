export { type Reduced, type Reducer, type Terms, reduce, selfNormalised, weightedSum } from './terms.ts'
export { gateRows } from './row-gate.ts'
export { type Shares, type Sharing, fixedLength, sequenceMean, sequenceSum, tokenMean } from './sharing.ts'
export { type Regression, clamped, halfSquared, linex, shiftedCosh, squared } from './gflownet/regression.ts'
export type { Weighting } from './gflownet/weighting.ts'
export type { Exit } from './gflownet/potentials.ts'
export { groupCentred, groupMean } from './gflownet/group-mean.ts'
export { type TrajectoryInputs, statesUpTo } from './gflownet/trajectory-inputs.ts'
export { type TerminationValues, terminationValues } from './gflownet/termination-values.ts'
export { type GroupedTrajectoryInputs, type LogZ, estimateLogZ } from './gflownet/log-z.ts'
export {
  type AnchoredTrajectoryInputs,
  type ModifiedSubTrajectoryBalanceOptions,
  modifiedSubTrajectoryBalance,
} from './gflownet/modified-sub-trajectory-balance.ts'
export {
  type FlowTrajectoryInputs,
  type SubTrajectoryBalanceOptions,
  subTrajectoryBalance,
} from './gflownet/sub-trajectory-balance.ts'
export { type TrajectoryBalanceInputs, trajectoryBalance } from './gflownet/trajectory-balance.ts'
export { logPartitionVariance } from './gflownet/log-partition-variance.ts'
export { type DetailedBalanceOptions, detailedBalance } from './gflownet/detailed-balance.ts'
export { forwardLookingDetailedBalance } from './gflownet/forward-looking-detailed-balance.ts'
export { type ModifiedDetailedBalanceOptions, modifiedDetailedBalance } from './gflownet/modified-detailed-balance.ts'
export type { GroupedRelativeTrajectoryInputs, RelativeTrajectoryInputs } from './gflownet/relative.ts'
export {
  type RelativeTrajectoryBalanceInputs,
  type RelativeTrajectoryBalanceOptions,
  relativeTrajectoryBalance,
} from './gflownet/relative-trajectory-balance.ts'
export { relativeLogPartitionVariance } from './gflownet/relative-log-partition-variance.ts'
export { trustPCL } from './gflownet/trust-pcl.ts'
export { trajectoryBalanceWithAsynchrony } from './gflownet/trajectory-balance-with-asynchrony.ts'
export {
  type ContrastiveTrajectoryBalanceInputs,
  contrastiveTrajectoryBalance,
} from './gflownet/contrastive-trajectory-balance.ts'
export { type FlowRLInputs, type FlowRLOptions, flowRL } from './gflownet/flow-rl.ts'
export {
  type Actions,
  type ValuedTrajectoryInputs,
  actionsOf,
  softAdvantages,
  softRewards,
} from './gflownet/soft-rewards.ts'
export { type EntropicPPOInputs, type EntropicPPOOptions, entropicPPO } from './gflownet/entropic-ppo.ts'
export { softPolicyGradient } from './gflownet/soft-policy-gradient.ts'
export type { TokenLogProbs } from './supervised/learned-tokens.ts'
export { crossEntropy } from './supervised/cross-entropy.ts'
export { dynamicFineTuning } from './supervised/dynamic-fine-tuning.ts'
export { type ScoredPairs, bradleyTerry } from './reward-model/bradley-terry.ts'
export { type ClassifiedPairs, twoLogitBradleyTerry } from './reward-model/two-logit-bradley-terry.ts'
export { type RatedScores, rewardRegression } from './reward-model/reward-regression.ts'
export { type LabelledScores, rewardClassification } from './reward-model/reward-classification.ts'
export { NO_STEP, type StepLogits, processReward } from './reward-model/process-reward.ts'
export { type Divergence, forwardKL, jensenShannon, reverseKL } from './distillation/divergence.ts'
export {
  type DistillationInputs,
  type DistillationOptions,
  generalisedKnowledgeDistillation,
} from './distillation/generalised-knowledge-distillation.ts'

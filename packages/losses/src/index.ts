export { type Reduced, type Reducer, type Terms, reduce, selfNormalised, weightedSum } from './terms.ts'
export { detach } from './detach.ts'
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
  estimatedValues,
  softAdvantages,
  softRewards,
} from './gflownet/soft-rewards.ts'
export { type EntropicPPOInputs, type EntropicPPOOptions, entropicPPO } from './gflownet/entropic-ppo.ts'
export { softPolicyGradient } from './gflownet/soft-policy-gradient.ts'
export type { TokenLogProbs } from './supervised/learned-tokens.ts'
export { crossEntropy } from './supervised/cross-entropy.ts'
export { dynamicFineTuning } from './supervised/dynamic-fine-tuning.ts'
export { type BradleyTerryOptions, type ScoredPairs, bradleyTerry } from './reward-model/bradley-terry.ts'
export { type ClassifiedPairs, twoLogitBradleyTerry } from './reward-model/two-logit-bradley-terry.ts'
export { type RatedScores, rewardRegression } from './reward-model/reward-regression.ts'
export { type LabelledScores, rewardClassification } from './reward-model/reward-classification.ts'
export { NO_STEP, type StepLogits, processReward } from './reward-model/process-reward.ts'
export { type OnPolicyDistillationInputs, sampledReverseKL } from './distillation/sampled-reverse-kl.ts'
export { type Divergence, forwardKL, jensenShannon, reverseKL } from './distillation/divergence.ts'
export {
  type DistillationInputs,
  type DistillationOptions,
  generalisedKnowledgeDistillation,
} from './distillation/generalised-knowledge-distillation.ts'
export { type Summand, sumOfLosses } from './sum-of-losses.ts'
export type { PolicyGradientInputs } from './policy-gradient/tokens.ts'
export type { ClippedOptions, PolicyGradientLoss, PolicyGradientOptions } from './policy-gradient/policy-gradient.ts'
export type { ClipOptions } from './policy-gradient/surrogate.ts'
export { bnpo, dapo, drGRPO, grpo } from './policy-gradient/grpo.ts'
export { gspo, gspoToken, luspo } from './policy-gradient/gspo.ts'
export { gmpo } from './policy-gradient/gmpo.ts'
export { type CISPOOptions, cispo } from './policy-gradient/cispo.ts'
export { type SAPOOptions, sapo } from './policy-gradient/sapo.ts'
export { type GammaWeight, type VESPOOptions, vespo } from './policy-gradient/vespo.ts'
export { reinforce } from './policy-gradient/reinforce.ts'
export { rloo } from './policy-gradient/rloo.ts'
export { ppoPolicy } from './policy-gradient/ppo.ts'
export {
  type ClippedValueOptions,
  type SquaredValueOptions,
  type ValueInputs,
  clippedValueLoss,
  squaredValueLoss,
} from './policy-gradient/value-loss.ts'
export {
  type ExpectedRewardInputs,
  type RewardMoments,
  expectedReward,
  rewardMoments,
} from './policy-gradient/expected-reward.ts'
export { type KLEstimator, importanceCorrected, k1, k2, k3 } from './policy-gradient/kl-estimators.ts'
export { entropyOf } from './policy-gradient/entropy.ts'
export {
  type AdaptiveEntropyOptions,
  type EntropyBonus,
  type EntropyController,
  adaptiveEntropy,
  startingBonus,
} from './policy-gradient/entropy-control.ts'
export { type OffPolicyInputs, offPolicyMask } from './policy-gradient/off-policy-mask.ts'
export { highEntropyMask } from './policy-gradient/high-entropy-mask.ts'
export {
  type Deviation,
  type GroupAdvantageOptions,
  groupAdvantages,
  groupDeviations,
  populationDeviation,
  sampleDeviation,
} from './policy-gradient/group-advantages.ts'
export { leaveOneOut } from './policy-gradient/leave-one-out.ts'
export { batchNormalised } from './policy-gradient/batch-normalised.ts'
export { type RewardsByFunction, gdpoAdvantages, weightedRewards } from './policy-gradient/gdpo-advantages.ts'
export { informativeGroups, zeroSpread } from './policy-gradient/informative-groups.ts'
export { type MovingBaseline, batchMeanBaseline, movingBaseline, noBaseline } from './policy-gradient/baselines.ts'
export {
  type Advantages,
  type RewardsAndValues,
  generalisedAdvantages,
} from './policy-gradient/generalised-advantages.ts'
export {
  type ShapedRewardInputs,
  type ShapedRewards,
  SAMPLE_KL,
  klPenalised,
  shapedRewards,
} from './policy-gradient/shaped-rewards.ts'
export {
  type Punished,
  type StopRules,
  missingStop,
  missingStopTorchtune,
  penalisedScores,
  replacedScores,
} from './policy-gradient/reward-penalties.ts'
export { type ScoreSteps, scoreAfterLast, scoreAfterLastTorchtune } from './policy-gradient/score-steps.ts'
export {
  type AdaptiveKLOptions,
  type KLController,
  type ObservedKL,
  adaptiveKL,
  adaptiveKLPerRollout,
  fixedKL,
} from './policy-gradient/kl-control.ts'
export {
  type Whitening,
  standardise,
  whitenBiased,
  whitenCentred,
  whitenKeepingMean,
  whitenTorchtune,
  whitenTorchtuneCentred,
} from './policy-gradient/whitening.ts'
export {
  type Counted,
  maskedMean,
  maskedMeanTorchtune,
  maskedSum,
  populationVariance,
  populationVarianceTorchtune,
  sampleVariance,
  sampleVarianceTorchtune,
  statisticByRow,
  zeroOutside,
} from './policy-gradient/masked-statistics.ts'
export type { Keepable } from './kept-rows.ts'
export type {
  MeasuredPairs,
  MeasuredPolicyPairs,
  Pair,
  PairLengths,
  PolicyPairs,
  ReferencePairs,
} from './preference/pairs.ts'
export type { PairLoss } from './preference/pair-loss.ts'
export type { Completions, LabelledCompletions } from './preference/completions.ts'
export type { CompletionLoss } from './preference/completion-loss.ts'
export { type DpoOptions, dpo, dpoPerToken, referenceFreeDpo } from './preference/dpo.ts'
export { type NoisyDpoOptions, conservativeDpo, robustDpo } from './preference/noisy-dpo.ts'
export {
  type DivergenceScore,
  type FDpoOptions,
  alphaScore,
  fDpo,
  forwardKLScore,
  jensenShannonScore,
  reverseKLScore,
} from './preference/f-dpo.ts'
export { type IpoOptions, ipo, ipoPerToken } from './preference/ipo.ts'
export { hinge } from './preference/hinge.ts'
export { type SlicOptions, slic } from './preference/slic.ts'
export { exo } from './preference/exo.ts'
export { nca, ncaUnpaired } from './preference/nca.ts'
export { type RatedCompletions, sppo, sppoHard } from './preference/sppo.ts'
export type { LabelWeights } from './preference/label-weights.ts'
export { apoDown, apoZero, apoZeroUnpaired } from './preference/apo.ts'
export { aot, aotUnpaired } from './preference/aot.ts'
export { type DiscoPopOptions, discoPop } from './preference/disco-pop.ts'
export { multiLoss } from './preference/multi-loss.ts'
export { type CpoOptions, type PairsWithNll, cpo, likelihoodOfChosen } from './preference/cpo.ts'
export { type AlphaPoOptions, type SimPoOptions, alphaPo, simPo } from './preference/simpo.ts'
export { type OddsPairs, orpo } from './preference/orpo.ts'
export { log1mexp } from './preference/log1mexp.ts'
export { type MeasuredTriples, type TpoOptions, type Triples, tpo, tpoPerToken } from './preference/tpo.ts'
export { type ReferredCompletions, kto } from './preference/kto.ts'
export { mismatchedKl, mismatchedKlOfNonZero, nextCompletions, previousCompletions } from './preference/mismatched.ts'
export { type LabelCounts, type Range, ktoWeightRanges } from './preference/kto-weights.ts'
export { type ShiftedCompletions, bco, bcoPair } from './preference/bco.ts'
export { type Moments, noMoments, runningMoments } from './preference/running-moments.ts'
export { type SpinOptions, spin, spinPerToken } from './preference/spin.ts'
export { type SequenceLogProbs, sequenceLogProbs, sequenceNll } from './preference/sequence-log-probs.ts'
export { type PairTokens, desensitised } from './preference/length-desensitised.ts'
export { type ConcentratedTokens, logCollision, wpoWeight } from './preference/wpo.ts'
export { type ExploredPairs, type XpoOptions, xpo } from './preference/xpo.ts'
export { type ContestedTokens, geometricMixture, nashMd } from './preference/nash-md.ts'
export { type ValuedCompletions, aStarPo, optimalValue } from './preference/a-star-po.ts'
export {
  type JudgedCompletions,
  type PickedPair,
  bestAndWorst,
  everyPair,
  firstIsChosen,
  firstTwo,
} from './preference/pick-pair.ts'

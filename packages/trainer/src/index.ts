export { type Schedule, constant, cosine, linear, warmup } from './schedule.ts'
export { type Optimizer, type Update } from './optimizer/optimizer.ts'
export { type AdamWOptions, adamw } from './optimizer/adamw.ts'
export { sgd } from './optimizer/sgd.ts'
export { type Task, type TaskInputs } from './tasks/task.ts'
export {
  type TrajectoryBalanceOptions,
  contrastiveTB,
  modifiedDB,
  modifiedSubTB,
  trajectoryBalanceTask,
  varGrad,
} from './tasks/gflownet.ts'
export { type FlowHead, detailedBalanceTask, subTrajectoryBalanceTask } from './tasks/flow.ts'
export { type LogZSource, logZHead, logZTable } from './tasks/log-z.ts'
export { flowRLTask, relativeTB, relativeVarGrad, tba, trustPCLTask } from './tasks/relative.ts'
export { entropicPPOTask, softPG } from './tasks/soft-policy-gradient.ts'
export { type Trajectory, type TrajectoryObjective, packTrajectories, trajectoryTask } from './tasks/trajectory-task.ts'
export {
  type AdvantagesOf,
  type EntropyCell,
  type GRPOTaskOptions,
  type PolicyGradientTaskOptions,
  grpoTask,
  policyGradientTask,
  reinforceTask,
  rlooTask,
} from './tasks/policy-gradient.ts'
export { type PPOOptions, ppo } from './tasks/ppo.ts'
export { type ReferenceOptions, referenceLogProbs } from './rollout/reference-log-probs.ts'
export type { Rollout } from './rollout/rollout.ts'
export { type AdvantageOptions, type Scored, rolloutOf } from './rollout/rollout-of.ts'
export { type KLCell, type PPORolloutOptions, ppoRollouts } from './rollout/ppo-rollouts.ts'
export { type EpochOptions, type Shuffled, inEpochs, shuffledPrompts, shuffledRows } from './rollout/in-epochs.ts'
export { ppoStep } from './rollout/ppo-step.ts'
export { type TextBatch, completionTexts } from './tasks/texts.ts'
export { type SupervisedOptions, supervised } from './tasks/supervised.ts'
export { type DistillationTaskOptions, distillation } from './tasks/distillation.ts'
export {
  type PreferenceOptions,
  type PreferenceSides,
  type PolicySides,
  type ReferenceFreeOptions,
  preference,
  referenceFreePreference,
} from './tasks/preference.ts'
export {
  type CompletionPair,
  type CompletionPairs,
  type PairLogProbs,
  packPairs,
  summed,
} from './tasks/completion-pairs.ts'
export {
  type KtoTaskOptions,
  type LabelledCompletion,
  type LabelledCompletionBatch,
  ktoTask,
  unpairedPreference,
} from './tasks/unpaired-preference.ts'
export type { PromptedCompletion } from './tasks/completions.ts'
export {
  type PairReference,
  type WithReferenceOptions,
  adapterOff,
  precomputed,
  withReference,
} from './tasks/pair-reference.ts'
export { type Judged, type OnlinePairsOptions, onlineLabels, onlinePairs, selfPlayPairs } from './tasks/online-pairs.ts'
export { type PreferenceBatch, type PreferredText, type RewardModelOptions, rewardModel } from './tasks/reward-model.ts'
export { type LabelledTokens, type Stepwise, type StepwiseOptions, labelledTokens } from './tasks/stepwise.ts'
export { type ProcessRewardModelOptions, type StepBatch, processRewardModel } from './tasks/process-reward-model.ts'
export { type ParameterLayout, joinParameters, parameterLayout, splitParameters } from './parameter-vector.ts'
export { type TrainStep, type TrainStepOptions, type TrainingState, trainStep } from './train-step.ts'
export { entropyControl } from './entropy-control.ts'
export { type Learner, type Trainer, trainer } from './trainer.ts'
export { batchMetrics } from './batch-metrics.ts'
export { type LearnOptions, type LossStepOptions, learn, judgedStep, lossStep } from './loss-step.ts'
export { type Tick, type TrainingOptions, training } from './training.ts'
export { checkpointEvery } from './checkpoint-every.ts'
export { type Checkpoint, type CheckpointFault, checkpointSteps, loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
export type { Metrics, RunEvent, SampleText } from './events.ts'
export type { Sink } from './run-log/sink.ts'
export { record } from './run-log/record.ts'
export { type LogFault, jsonl } from './run-log/jsonl.ts'
export { type Recorded, readEvents } from './run-log/read-events.ts'
export { tensorboard } from './run-log/tensorboard.ts'
export { type Terminal, progressLine } from './run-log/progress-line.ts'
export { duration } from './run-log/progress.ts'
export { reportFile } from './run-log/report/report-file.ts'
export { type Report, reportHtml } from './run-log/report/report.ts'
export { compareSamples, metricPlot, metricSeries, runReport } from './run-log/report/run-report.ts'
export type { Plot } from './run-log/report/plot.ts'
export type { Point, Series } from './run-log/report/series.ts'
export type { Table } from './run-log/report/table.ts'
export type { Comparison, Completion } from './run-log/report/comparison.ts'
export { type EarlyStopOptions, earlyStop } from './early-stop.ts'
export { type Bema, type BemaOptions, bema, softUpdate } from './parameter-averages.ts'

export type { Reward, Rewards } from './reward.ts'
export { type AnnotateOptions, annotate, annotateBatch } from './annotate.ts'
export { type LikelihoodOptions, likelihood, prefixLogRewards } from './likelihood.ts'
export { type InfillingOptions, type Surroundings, infillingLikelihood } from './infilling.ts'
export { type WeightedReward, sumOfRewards } from './sum-of-rewards.ts'
export { type Judged, type JudgeFunction, completionReward } from './completion-reward.ts'
export {
  type Completed,
  type RewardModel,
  type RewardModelScoreOptions,
  rewardModelScore,
} from './reward-model-score.ts'
export { type ShortPenaltyOptions, shortPenalty } from './short-penalty.ts'
export { missingEndPenalty, missingEndReward } from './missing-end.ts'
export { type SoftOverlongOptions, softOverlong, softOverlongReward } from './soft-overlong.ts'
export { type CosineLengthOptions, cosineLength } from './cosine-length.ts'
export { type RepetitionPenaltyOptions, repetitionPenalty, repetitionReward } from './repetition-penalty.ts'
export { thinkFormat, thinkFormatReward } from './think-format.ts'
export { type LabelRewardOptions, labelRewards } from './label-reward.ts'
export { type LlmJudgeOptions, llmJudge } from './judge/llm-judge.ts'
export { judgePrompt } from './judge/judge-prompt.ts'
export { type ScoreOptions, parseScore } from './judge/parse-score.ts'
export { type ClassifierOptions, classifier } from './encoder/classifier.ts'
export {
  type Embedding,
  type EmbeddingOptions,
  cosineSimilarity,
  embedding,
  semanticDiversity,
} from './encoder/embedding.ts'
export type { Pooling } from './encoder/pooling.ts'
export { type Encoded, type Encoder, type EncoderOptions, loadEncoder } from './encoder/encoder.ts'
export { type TextMetric, againstReferences } from './text-metrics/text-metric.ts'
export { type BleuOptions, type BleuTokenizer, bleu, bleuTokens, corpusBleu } from './text-metrics/bleu.ts'
export { type ChrFOptions, chrF } from './text-metrics/chrf.ts'
export { type RougeKind, rouge, rougeTokens } from './text-metrics/rouge.ts'
export { type MeteorOptions, meteor } from './text-metrics/meteor.ts'
export { porterStem } from './text-metrics/porter-stem.ts'

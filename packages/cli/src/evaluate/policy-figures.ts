import { logSumExp, perGroupVariance } from '@gfnlm/env'
import { type DiversityMetric, distinctN, pairwiseDistance, uniqueFraction } from '@gfnlm/sampler'

/** One sampled completion and what it is worth. */
export interface Judgement {
  /** Index of its prompt. */
  readonly group: number
  readonly tokens: Int32Array
  /** log R, nats, not tempered; NaN where the reward failed. */
  readonly logReward: number
  /** Σ log P_F of its tokens and its terminator, nats. */
  readonly logPF: number
}

/** What is said of a policy; nats where not a share. */
export interface Figures {
  readonly [name: string]: number
  /** Mean log R of a completion, not tempered. */
  readonly log_reward: number
  /** Mean over prompts of Var(log R / T − log P_F): 0 exactly where the policy samples from the posterior. */
  readonly log_ratio_variance: number
  /** Mean over prompts of log (1/n) Σ R^(1/T) / P_F: an estimate of log Z. */
  readonly log_z: number
  readonly mean_length: number
  readonly distinct_1: number
  readonly distinct_2: number
  /** Mean edit distance of pairs of completions of a prompt, over the length of the longer one. */
  readonly pairwise_distance: number
  readonly unique: number
  /** Completions that the reward could not judge: they are in no other figure. */
  readonly failed: number
}

const mean = (values: readonly number[]): number => {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.reduce((a, b) => a + b, 0) / known.length
}

/** The figures of completions drawn from a policy, with the reward's temperature T. */
export const policyFigures = (all: readonly Judgement[], temperature: number): Figures => {
  const judged = all.filter(({ logReward }) => Number.isFinite(logReward))
  const ratios = judged.map(({ logReward, logPF }) => logReward / temperature - logPF)
  const group = Int32Array.from(judged, (j) => j.group)
  const byPrompt = [...new Set(group)].map((g) =>
    judged.flatMap((j, i) => (j.group === g ? [{ tokens: j.tokens, ratio: ratios[i]! }] : [])),
  )
  const diversity = (metric: DiversityMetric): number =>
    mean(byPrompt.map((rows) => metric(rows.map(({ tokens }) => tokens))))
  return {
    log_reward: mean(judged.map(({ logReward }) => logReward)),
    log_ratio_variance: mean([...perGroupVariance(ratios, group)]),
    log_z: mean(byPrompt.map((rows) => logSumExp(rows.map(({ ratio }) => ratio)) - Math.log(rows.length))),
    mean_length: mean(judged.map(({ tokens }) => tokens.length)),
    distinct_1: diversity(distinctN(1)),
    distinct_2: diversity(distinctN(2)),
    pairwise_distance: diversity(pairwiseDistance),
    unique: diversity(uniqueFraction),
    failed: all.length - judged.length,
  }
}

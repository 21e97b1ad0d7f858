import { lastValidIndex, truncateAtStop } from '@gfnlm/env'
import {
  type GroupAdvantageOptions,
  SAMPLE_KL,
  batchNormalised,
  gdpoAdvantages,
  generalisedAdvantages,
  groupAdvantages,
  klPenalised,
  leaveOneOut,
  maskedMean,
  sampleDeviation,
  sampleVariance,
  shapedRewards,
  statisticByRow,
  weightedRewards,
  whitenBiased,
  whitenCentred,
  whitenTorchtune,
  zeroOutside,
} from '@gfnlm/losses'
import { cosineLength, repetitionPenalty, softOverlong, thinkFormat } from '@gfnlm/reward'
import { list, matrix, number, numbers } from '../json.ts'
import type { Vector } from '../layouts.ts'
import type { Checker } from '../run-parity.ts'
import { type Told, cells, shapeOf, toldByHost } from '../told.ts'

const onHost =
  (told: (vector: Vector) => Told): Checker =>
  (vector) => [{ part: '', comparisons: toldByHost(vector.expected, told(vector)) }]

/** Rewards shaped by a KL estimator, advantages of them, and the three whitenings. */
export const shapedAdvantages = onHost(({ inputs, hyper }) => {
  const steps = shapeOf(inputs.logprobs)[1]
  const mask = cells(inputs.mask)
  const { rewards, kl } = shapedRewards({
    scores: numbers(inputs.scores),
    logProb: cells(inputs.logprobs),
    referenceLogProb: cells(inputs.ref_logprobs),
    steps,
    coefficient: number(hyper.kl_coef),
    estimator: hyper.kl_estimator as keyof typeof SAMPLE_KL,
    scoreAt: lastValidIndex(
      mask.map((x) => 1 - x),
      steps,
    ),
    valid: mask,
  })
  const { advantages, returns } = generalisedAdvantages({
    rewards,
    values: cells(inputs.values),
    steps,
    valid: mask,
    gamma: number(hyper.gamma),
    lambda: number(hyper.lam),
  })
  return {
    kl,
    rewards,
    raw_advantages: advantages,
    returns,
    whitened_trl: zeroOutside(whitenCentred(advantages, mask), mask),
    whitened_torchtune: zeroOutside(whitenTorchtune(advantages, mask), mask),
    whitened_halos: zeroOutside(whitenBiased(advantages, mask), mask),
  }
})

/** Completions in equal groups, one after the other. */
const groupOf = (rows: number, { num_generations: size }: Vector['inputs']): number[] =>
  Array.from({ length: rows }, (_, row) => Math.floor(row / number(size)))

export const grpoAdvantages = onHost(({ inputs, hyper }) => {
  const rewards = cells(inputs.rewards)
  const scale = hyper.scale_rewards as NonNullable<GroupAdvantageOptions['scale']>
  const group = groupOf(rewards.length, inputs)
  return { advantages: groupAdvantages(rewards, group, { scale, epsilon: number(hyper.eps) }) }
})

/** The two orders in which several rewards may be added and normalised. */
export const gdpo = onHost(({ inputs, hyper }) => {
  const byRowOf = list(inputs.rewards_per_func).map(cells)
  const rewards = byRowOf[0].map((_, k) => byRowOf.map((row) => row[k]))
  const weights = numbers(inputs.reward_weights)
  const group = groupOf(byRowOf.length, inputs)
  const epsilon = number(hyper.eps)
  return {
    advantages: gdpoAdvantages(rewards, weights, group, { epsilon }),
    sum_then_normalize_advantages: groupAdvantages(weightedRewards(rewards, weights), group, { epsilon }),
  }
})

export const rlooAdvantages = onHost(({ inputs, hyper }) => {
  const rewards = klPenalised(numbers(inputs.rewards), numbers(inputs.kl_sequence), number(hyper.beta))
  const advantages = leaveOneOut(rewards, groupOf(rewards.length, inputs))
  return { advantages, normalized: batchNormalised(advantages) }
})

export const rewardsOfTorchtune = onHost(({ inputs }) => {
  const { kl, klRewards, rewards } = shapedRewards({
    scores: numbers(inputs.scores),
    logProb: cells(inputs.logprobs),
    referenceLogProb: cells(inputs.ref_logprobs),
    steps: shapeOf(inputs.logprobs)[1],
    coefficient: number(inputs.kl_coeff),
  })
  return { kl, kl_rewards: klRewards, rewards }
})

export const maskedStatistics = onHost(({ inputs, expected }) => {
  const [x, mask] = [cells(inputs.x), cells(inputs.mask)]
  const [, steps] = shapeOf(inputs.x)
  return {
    mean: maskedMean(x, mask),
    var_unbiased: sampleVariance(x, mask),
    ...('mean_dim1' in expected ? { mean_dim1: statisticByRow(maskedMean, x, steps, mask) } : {}),
  }
})

export const deviationOfKnown = onHost(({ inputs }) => ({
  std: sampleDeviation(cells(inputs.x).filter((x) => !Number.isNaN(x))),
}))

export const returnsOf = onHost(({ inputs }) => ({
  returns: generalisedAdvantages({
    rewards: cells(inputs.rewards),
    values: cells(inputs.values),
    steps: shapeOf(inputs.rewards)[1],
    gamma: number(inputs.gamma),
    lambda: number(inputs.lmbda),
  }).returns,
}))

export const truncated = onHost(({ inputs }) => {
  const steps = shapeOf(inputs.sequences)[1]
  const stop = numbers(inputs.stop_token_ids)
  const { padding, tokens } = truncateAtStop(matrix(inputs.sequences).flat(), steps, stop, number(inputs.fill_value))
  return { eos_mask: padding, sequences: tokens }
})

export const overlong = onHost(({ inputs }) => ({
  reward: softOverlong({ maxLength: number(inputs.max_completion_len), cache: number(inputs.soft_punish_cache) })(
    number(inputs.length),
  ),
}))

export const repetition = onHost(({ inputs }) => ({
  reward: repetitionPenalty({ n: number(inputs.ngram_size), most: number(inputs.max_penalty) })(
    numbers(inputs.completion_ids),
  ),
}))

/** To as many decimals as a number was stated with. */
const asStated = (found: number, stated: number): number =>
  Number(found.toFixed(String(stated).split('.')[1]?.length ?? 0))

export const cosine = onHost(({ inputs, expected }) => {
  const reward = cosineLength({ maxLength: number(inputs.max_len) })(number(inputs.length), inputs.correct === true)
  return { reward: asStated(reward, number(expected.reward)) }
})

export const thinks = onHost(({ inputs }) => ({
  rewards: list(inputs.completions).map((text) => thinkFormat(String(text))),
}))

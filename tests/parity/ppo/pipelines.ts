import { lastValidIndex, truncateAtStop } from '@gfnlm/env'
import {
  type ScoreSteps,
  type Sharing,
  type Terms,
  type Whitening,
  clippedValueLoss,
  generalisedAdvantages,
  maskedMean,
  maskedSum,
  missingStop,
  missingStopTorchtune,
  penalisedScores,
  ppoPolicy,
  replacedScores,
  scoreAfterLast,
  scoreAfterLastTorchtune,
  shapedRewards,
  sumOfLosses,
  tokenMean,
  whitenCentred,
  whitenTorchtune,
  zeroOutside,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { lossOf } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, number, numbers } from '../json.ts'
import { metricOf, tokenMeanTorchtune } from '../policy-gradient/torchtune-sharing.ts'
import { type Told, cells, shapeOf, toldByTensors } from '../told.ts'
import { inputsOf } from './same-inputs.ts'

type Inputs = Readonly<Record<string, Json>>

/** What the two trainers do alike up to the scores: cut the responses and find their ends. */
const responsesOf = (inputs: Inputs) => {
  const steps = shapeOf(inputs.responses)[1]
  const stop = numbers(inputs.stop_tokens)
  const cut = truncateAtStop(cells(inputs.responses), steps, stop, number(inputs.pad))
  return { ...cut, steps, stop, lastIndex: lastValidIndex(cut.padding, steps) }
}

type Responses = ReturnType<typeof responsesOf>

const inverted = (mask: ArrayLike<number>): number[] => Array.from(mask, (x) => 1 - x)

/** What differs by trainer. */
interface Trainer {
  readonly whiten: Whitening
  readonly sharing: Sharing
}

/** Rewards, advantages, both losses and what is logged of them. */
const learned = (inputs: Inputs, found: Responses, scores: Float64Array, ends: ScoreSteps, trainer: Trainer) => {
  const { steps, padding } = found
  const { sharing } = trainer
  const rows = scores.length
  const tokens = inverted(padding)
  const { rewards, kl, klRewards } = shapedRewards({
    scores,
    logProb: cells(inputs.logprobs),
    referenceLogProb: cells(inputs.ref_logprobs),
    steps,
    coefficient: number(inputs.kl_coeff),
    scoreAt: ends.at,
    valid: tokens,
  })
  const values = zeroOutside(cells(inputs.values), ends.valid)
  const { advantages, returns } = generalisedAdvantages({
    rewards,
    values,
    steps,
    gamma: number(inputs.gamma),
    lambda: number(inputs.lambda),
  })
  const whitened = zeroOutside(trainer.whiten(advantages, tokens), tokens)
  const matrix = (x: ArrayLike<number>): tf.Tensor2D => tf.tensor2d(Array.from(x), [rows, steps], 'float32')
  const policy = ppoPolicy({ epsilon: number(inputs.epsilon), sharing })({
    logProb: matrix(cells(inputs.new_logprobs)),
    oldLogProb: matrix(cells(inputs.logprobs)),
    advantage: matrix(whitened),
    mask: matrix(tokens),
  })
  const value = clippedValueLoss({ clipRange: number(inputs.value_clip), sharing })({
    value: matrix(cells(inputs.new_values)),
    oldValue: matrix(values),
    returns: matrix(returns),
    mask: matrix(ends.valid),
  })
  return { rewards, kl, klRewards, advantages: whitened, returns, policy, value }
}

/** Mean over all cells of a metric that was averaged over tokens, where the rest of the cells have `rest`. */
const unmasked = ({ metrics }: Terms, name: string, tokens: readonly number[], rest: number): number => {
  const share = maskedMean(tokens)
  return share * metrics[name].dataSync()[0] + (1 - share) * rest
}

const totals = (policy: Terms, value: Terms, coefficient: number): Told => ({
  loss: lossOf(
    sumOfLosses([
      [1, policy],
      [coefficient, value],
    ]),
  ),
  policy_loss: lossOf(policy),
  value_loss: lossOf(value),
})

/** torchtune's PPO recipe between generation and the optimizer. */
export const pipelineOfTorchtune: Formula = (vector, others) => {
  const inputs = inputsOf(vector, others)
  const found = responsesOf(inputs)
  const punished = missingStopTorchtune(found.padding, found.lastIndex, { noStop: inputs.penalise_no_eos === true })
  const scores = replacedScores(numbers(inputs.scores), punished, number(inputs.reward_penalty))
  const ends = scoreAfterLastTorchtune(found.lastIndex, found.steps)
  const torchtune = { whiten: whitenTorchtune, sharing: tokenMeanTorchtune }
  const { kl, klRewards, policy, value, ...rest } = learned(inputs, found, scores, ends, torchtune)
  const tokens = inverted(found.padding)
  const rows = scores.length
  const told = {
    ...rest,
    ...totals(policy, value, number(inputs.value_coeff)),
    truncated: found.tokens,
    padding_mask: found.padding,
    last_index: found.lastIndex,
    penalised: punished,
    scores,
    value_idx: ends.at,
    value_padding_mask: inverted(ends.valid),
    kl,
    ratio_mean: unmasked(policy, 'val/ratio', tokens, 1),
    approx_kl: unmasked(policy, 'policy/approxkl_avg', tokens, 0),
    clipfrac: metricOf(policy.metrics['policy/clipfrac_avg'], tf.tensor1d(tokens)),
    rlhf_reward: maskedMean(scores) + maskedSum(klRewards) / rows,
    kl_metric: maskedSum(kl) / rows,
  }
  return [{ part: '', comparisons: toldByTensors(vector.expected, told) }]
}

/** TRL's PPO trainer between generation and the optimizer. */
export const pipelineOfTRL: Formula = (vector, others) => {
  const inputs = inputsOf(vector, others)
  const found = responsesOf(inputs)
  const punished = missingStop(found.tokens, found.length, found.stop)
  const scores = penalisedScores(numbers(inputs.scores), punished, number(inputs.missing_eos_penalty))
  const ends = scoreAfterLast(found.lastIndex, found.steps)
  const { rewards, advantages, returns, policy, value } = learned(inputs, found, scores, ends, {
    whiten: whitenCentred,
    sharing: tokenMean,
  })
  const told = {
    scores,
    rewards,
    advantages,
    returns,
    ...totals(policy, value, number(inputs.value_coeff)),
    vf_clipfrac: value.metrics['val/clipfrac_avg'].dataSync(),
  }
  return [{ part: '', comparisons: toldByTensors(vector.expected, told) }]
}

import {
  type PolicyGradientInputs,
  type Sharing,
  type Terms,
  type ValueInputs,
  bnpo,
  clippedValueLoss,
  expectedReward,
  grpo,
  ppoPolicy,
  reduce,
  rewardMoments,
  rloo,
  squaredValueLoss,
  standardise,
  sumOfLosses,
  tokenMean,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { type Parameters, lossOf, table, tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, list, matrix, number, numbers } from '../json.ts'
import { gradientsOf } from '../policy-gradient/gradients.ts'
import { lossOfType } from '../policy-gradient/loss-types.ts'
import { metricOf, sequenceMeanTorchtune, tokenMeanTorchtune } from '../policy-gradient/torchtune-sharing.ts'
import { type Told, cells, toldByTensors } from '../told.ts'
import { inputsOf } from './same-inputs.ts'

type Inputs = Readonly<Record<string, Json>>

/** [rows, steps] of a matrix; a list of numbers is a row of steps. */
export const rowsOf = (json: Json | undefined): tf.Tensor2D =>
  Array.isArray(list(json)[0]) ? table(matrix(json)) : table([numbers(json)])

const maskOf = (json: Json | undefined, like: tf.Tensor2D): tf.Tensor2D =>
  json === undefined ? tf.onesLike(like) : tf.tensor2d(cells(json), like.shape)

const numberOf = (x: tf.Tensor): number => x.dataSync()[0]

/** The whole of PPO: what to minimise, and its parts. */
interface PPO {
  readonly policy: PolicyGradientInputs
  readonly states: ValueInputs
}

export const ppoInputs = (inputs: Inputs): PPO => {
  const logProb = rowsOf(inputs.logprobs)
  const value = rowsOf(inputs.values)
  return {
    policy: {
      logProb,
      oldLogProb: rowsOf(inputs.old_logprobs),
      advantage: rowsOf(inputs.advantages),
      mask: maskOf(inputs.mask, logProb),
    },
    states: {
      value,
      oldValue: rowsOf(inputs.old_values),
      returns: rowsOf(inputs.returns),
      mask: maskOf(inputs.value_mask, value),
    },
  }
}

type Parts = (policy: PolicyGradientInputs, states: ValueInputs) => { readonly policy: Terms; readonly value: Terms }

/** Losses and gradients of both networks, with the coefficient of the value's. */
const ppoTold = ({ policy, states }: PPO, parts: Parts, coefficient: number): Told => {
  const both = (given: Parameters): Terms => {
    const found = parts(
      { ...policy, logProb: given.logprobs as tf.Tensor2D },
      { ...states, value: given.values as tf.Tensor2D },
    )
    return sumOfLosses([
      [1, found.policy],
      [coefficient, found.value],
    ])
  }
  const scalar = (given: Parameters): tf.Scalar => reduce(both(given), tf.ones([policy.logProb.shape[0]]))
  const at = { logprobs: policy.logProb, values: states.value }
  const found = parts(policy, states)
  return {
    loss: numberOf(scalar(at)),
    policy_loss: lossOf(found.policy),
    value_loss: lossOf(found.value),
    ...gradientsOf(scalar, at),
  }
}

/** torchtune's and TRL's PPO: half the pessimistic square, over what its mask leaves. */
export const ppoOfTorchtune: Formula = (vector, others) => {
  const inputs = inputsOf(vector, others)
  const ppo = ppoInputs(inputs)
  // Without a mask it takes plain means.
  const sharing = (mask: Json | undefined): Sharing => (mask === undefined ? tokenMean : tokenMeanTorchtune)
  const clip = { epsilon: number(inputs.epsilon), sharing: sharing(inputs.mask) }
  const parts: Parts = (policy, states) => ({
    policy: ppoPolicy(clip)(policy),
    value: clippedValueLoss({ clipRange: number(inputs.value_clip), sharing: sharing(inputs.value_mask) })(states),
  })
  const clipped = parts(ppo.policy, ppo.states).policy.metrics['policy/clipfrac_avg']
  const whole = ppoPolicy(clip)({ ...ppo.policy, mask: tf.onesLike(ppo.policy.mask) })
  const told = {
    ...ppoTold(ppo, parts, number(inputs.value_coeff)),
    clipfrac: inputs.mask === undefined ? numberOf(clipped) : metricOf(clipped, ppo.policy.mask),
    ratio_mean_unmasked: numberOf(whole.metrics['val/ratio']),
  }
  return [{ part: '', comparisons: toldByTensors(vector.expected, told) }]
}

/** Stable-Baselines3's PPO: a flat buffer, standardised advantages, the plain square, an entropy bonus. */
export const ppoOfSB3: Formula = (vector, others) => {
  const inputs = inputsOf(vector, others)
  const { policy: flat, states } = ppoInputs(inputs)
  const advantage = rowsOf([...standardise(cells(inputs.advantages))])
  const policy = { ...flat, advantage, entropy: rowsOf(inputs.entropy) }
  const clip = { epsilon: number(inputs.clip) }
  const plain = ppoPolicy(clip)(policy)
  const parts: Parts = (given, value) => ({
    policy: ppoPolicy({ ...clip, entropyBonus: number(inputs.ent_coef) })({ ...policy, logProb: given.logProb }),
    value: squaredValueLoss()(value),
  })
  const told = {
    ...ppoTold({ policy, states }, parts, number(inputs.vf_coef)),
    policy_loss: lossOf(plain),
    entropy_loss: -numberOf(plain.metrics.entropy),
    approx_kl: numberOf(plain.metrics.approx_kl),
    clip_fraction: numberOf(plain.metrics.clip_fraction),
  }
  return [{ part: '', comparisons: toldByTensors(vector.expected, told) }]
}

const grpoInputs = (inputs: Inputs): PolicyGradientInputs => ({
  logProb: rowsOf(inputs.logprobs),
  oldLogProb: rowsOf(inputs.old_logprobs),
  referenceLogProb: rowsOf(inputs.ref_logprobs),
  advantage: tf.tensor1d(numbers(inputs.advantages)),
  mask: rowsOf(inputs.mask),
})

const lossAndGradient = (batch: PolicyGradientInputs, loss: (given: PolicyGradientInputs) => Terms): Told => {
  const scalar = ({ logprobs }: Parameters): tf.Scalar =>
    reduce(loss({ ...batch, logProb: logprobs as tf.Tensor2D }), tf.ones([batch.logProb.shape[0]]))
  const at = { logprobs: batch.logProb }
  return { loss: numberOf(scalar(at)), ...gradientsOf(scalar, at) }
}

const optional = (json: Json | undefined): number | undefined => (typeof json === 'number' ? json : undefined)

/** TRL's GRPO family by its loss types. */
export const grpoOfTRL: Formula = (vector, others) => {
  const inputs = inputsOf(vector, others)
  const loss = lossOfType({
    type: String(inputs.loss_type),
    level: inputs.lvl === 'sequence' ? 'sequence' : 'token',
    beta: optional(inputs.beta),
    epsilon: optional(inputs.epsl) ?? optional(inputs.eps),
    epsilonHigh: optional(inputs.epsh),
    delta: optional(inputs.delta),
    maxLength: optional(inputs.max_completion_length),
  })
  return [{ part: '', comparisons: toldByTensors(vector.expected, lossAndGradient(grpoInputs(inputs), loss)) }]
}

export const rlooOfTRL: Formula = (vector, others) => {
  const inputs = inputsOf(vector, others)
  const loss = rloo({ epsilon: number(inputs.epsilon) })
  return [{ part: '', comparisons: toldByTensors(vector.expected, lossAndGradient(grpoInputs(inputs), loss)) }]
}

/** torchtune's two GRPO losses: the mean over tokens, and over completions without a ratio. */
export const grpoOfTorchtune: Formula = (vector, others) => {
  const inputs = inputsOf(vector, others)
  const beta = number(inputs.kl_coeff)
  const batch = grpoInputs(inputs)
  const { oldLogProb: _drawn, ...present } = batch
  const tokens = { sharing: tokenMeanTorchtune }
  const { metrics } = bnpo({ beta, ...tokens })(batch)
  const simple = (weight: number, given = present): number =>
    lossOf(grpo({ beta: weight, sharing: sequenceMeanTorchtune })(given))
  // torchtune logs the objective that is maximised.
  const told = {
    loss: lossOf(bnpo({ beta, ...tokens })(batch)),
    policy: -lossOf(bnpo(tokens)(batch)),
    kl: metricOf(metrics.kl, batch.mask),
    clipfrac: metricOf(metrics['clip_ratio/region_mean'], batch.mask),
    simple_loss: simple(beta),
    simple_policy: -simple(0),
    simple_kl: simple(1, { ...present, correction: tf.zerosLike(batch.mask) }),
  }
  return [{ part: '', comparisons: toldByTensors(vector.expected, told) }]
}

/** The exact gradient of the expected reward of a label. */
export const expected: Formula = ({ inputs, expected: references }) => {
  const logits = tensor(inputs.logits) as tf.Tensor2D
  const labels = numbers(inputs.labels)
  const [right, wrong] = [number(inputs.r_correct), number(inputs.r_wrong)]
  const rewards = (label: number): number[] =>
    Array.from({ length: logits.shape[1] }, (_, y) => (y === label ? right : wrong))
  const reward = table(labels.map(rewards))
  const loss = (given: Parameters): tf.Scalar =>
    reduce(expectedReward()({ logits: given.logits as tf.Tensor2D, reward }), tf.ones([labels.length]))
  // The library minimises what the reference maximises.
  const gradient = gradientsOf(loss, { logits }).grad_logits.map((g) => -g)
  const { mean, deviation } = rewardMoments({ logits, reward })
  const told = {
    value: -numberOf(loss({ logits })),
    per_input_value: mean.dataSync(),
    reward_std: deviation.dataSync(),
    grad_logits: gradient,
    closed_form_grad: gradient,
  }
  return [{ part: '', comparisons: toldByTensors(references, told) }]
}

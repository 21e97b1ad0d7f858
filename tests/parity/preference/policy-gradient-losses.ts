import {
  type GammaWeight,
  type PolicyGradientInputs,
  type PolicyGradientLoss,
  type Terms,
  clippedValueLoss,
  gmpo,
  highEntropyMask,
  offPolicyMask,
  ppoPolicy,
  reduce,
  rloo,
  sumOfLosses,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { type Parameters, lossOf, table, tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, matrix, number, numbers, record } from '../json.ts'
import type { Vector } from '../layouts.ts'
import { gradientsOf } from '../policy-gradient/gradients.ts'
import { lossOfType } from '../policy-gradient/loss-types.ts'
import { type Told, cells, toldByTensors } from '../told.ts'

const numberOf = (x: tf.Tensor): number => x.dataSync()[0]
const optional = (json: Json | undefined): number | undefined => (typeof json === 'number' ? json : undefined)

/** What a case says of a policy-gradient loss and of the gradient with respect to its log-probabilities. */
const told = (key: string, batch: PolicyGradientInputs, loss: PolicyGradientLoss, scale = 1): Told => {
  const scalar = (given: Parameters): tf.Scalar =>
    tf.mul(scale, reduce(loss({ ...batch, logProb: given[key] as tf.Tensor2D }), tf.ones([batch.logProb.shape[0]])))
  const at = { [key]: batch.logProb }
  return { loss: numberOf(scalar(at)), ...gradientsOf(scalar, at) }
}

const batchOf = ({ inputs }: Vector): PolicyGradientInputs => ({
  logProb: table(matrix(inputs.per_token_logps)),
  oldLogProb: table(matrix(inputs.old_per_token_logps)),
  referenceLogProb: table(matrix(inputs.ref_per_token_logps)),
  advantage: tf.tensor1d(numbers(inputs.advantages)),
  mask: table(matrix(inputs.completion_mask)),
})

const GLOBAL = new Set(['dapo', 'cispo', 'vespo'])

const gammasOf = (json: Json | undefined): { readonly positive: GammaWeight; readonly negative: GammaWeight } => {
  const { k_pos, lambda_pos, k_neg, lambda_neg } = record(json)
  return {
    positive: { k: number(k_pos), lambda: number(lambda_pos) },
    negative: { k: number(k_neg), lambda: number(lambda_neg) },
  }
}

/** TRL's GRPO family by its loss types; three of them divide by the tokens of all accumulated batches. */
export const grpoFamily: Formula = (vector) => {
  const { hyper, expected } = vector
  const batch = batchOf(vector)
  const type = String(hyper.loss_type)
  const loss = lossOfType({
    type,
    level: hyper.importance_sampling_level === 'sequence' ? 'sequence' : 'token',
    beta: optional(hyper.beta),
    epsilon: optional(hyper.epsilon),
    epsilonHigh: optional(hyper.epsilon_high),
    delta: optional(hyper.delta),
    maxLength: optional(hyper.max_completion_length),
    correctedDivergence: hyper.use_bias_correction_kl === true,
    temperatures: { positive: number(hyper.sapo_temperature_pos), negative: number(hyper.sapo_temperature_neg) },
    gammas: gammasOf(hyper.vespo),
  })
  const scale = GLOBAL.has(type) ? numberOf(loss(batch).mass) / number(hyper.num_items_in_batch) : 1
  return [{ part: '', comparisons: toldByTensors(expected, told('per_token_logps', batch, loss, scale)) }]
}

export const geometricMean: Formula = (vector) => {
  const { hyper, expected } = vector
  const loss = gmpo({
    epsilon: number(hyper.epsilon),
    epsilonHigh: number(hyper.epsilon_high),
    beta: number(hyper.beta),
  })
  return [{ part: '', comparisons: toldByTensors(expected, told('per_token_logps', batchOf(vector), loss)) }]
}

/** Log-probabilities of whole completions, as completions of one token. */
export const rlooLoss: Formula = ({ inputs, hyper, expected }) => {
  const column = (json: Json | undefined): tf.Tensor2D => tf.tensor2d(numbers(json), [numbers(json).length, 1])
  const logProb = column(inputs.logps)
  const batch: PolicyGradientInputs = {
    logProb,
    oldLogProb: column(inputs.old_logps),
    advantage: tf.tensor1d(numbers(inputs.advantages)),
    mask: tf.onesLike(logProb),
  }
  const loss = rloo({ epsilon: number(hyper.epsilon), epsilonHigh: number(hyper.epsilon_high) })
  return [{ part: '', comparisons: toldByTensors(expected, told('logps', batch, loss)) }]
}

/** Both losses of PPO and both gradients. */
export const clippedPPO: Formula = ({ inputs, hyper, expected }) => {
  const [logProb, oldLogProb, advantage] = [inputs.new_logprobs, inputs.old_logprobs, inputs.advantages].map((x) =>
    table(matrix(x)),
  )
  const [value, oldValue, returns] = [inputs.new_values, inputs.old_values, inputs.returns].map((x) => table(matrix(x)))
  const mask = tf.tensor2d(cells(inputs.mask), logProb.shape)
  const policy = (given: tf.Tensor2D): Terms =>
    ppoPolicy({ epsilon: number(hyper.cliprange) })({ logProb: given, oldLogProb, advantage, mask })
  const states = (given: tf.Tensor2D): Terms =>
    clippedValueLoss({ clipRange: number(hyper.cliprange_value) })({ value: given, oldValue, returns, mask })
  const scalar = ({ new_logprobs, new_values }: Parameters): tf.Scalar =>
    reduce(
      sumOfLosses([
        [1, policy(new_logprobs as tf.Tensor2D)],
        [number(hyper.vf_coef), states(new_values as tf.Tensor2D)],
      ]),
      tf.ones([logProb.shape[0]]),
    )
  const at = { new_logprobs: logProb, new_values: value }
  const { metrics } = policy(logProb)
  const found = {
    loss: numberOf(scalar(at)),
    policy_loss: lossOf(policy(logProb)),
    value_loss: lossOf(states(value)),
    clipfrac: numberOf(metrics['policy/clipfrac_avg']),
    masked_mean_ratio: numberOf(metrics['val/ratio']),
    ...gradientsOf(scalar, at),
  }
  return [{ part: '', comparisons: toldByTensors(expected, found) }]
}

/** torchtune's own three tests of the policy loss: one row of steps. */
export const policyOfTorchtune: Formula = ({ inputs, expected }) => {
  const row = (json: Json | undefined): tf.Tensor2D => table([numbers(json)])
  const logProb = row(inputs.logprobs)
  const terms = ppoPolicy({ epsilon: number(inputs.epsilon) })({
    logProb,
    oldLogProb: row(inputs.old_logprobs),
    advantage: row(inputs.advantages),
    mask: tf.onesLike(logProb),
  })
  const found = { policy_loss: lossOf(terms), mean_ratio: numberOf(terms.metrics['val/ratio']) }
  return [{ part: '', comparisons: toldByTensors(expected, found) }]
}

export const entropyMasks: Formula = ({ inputs, expected }) => {
  const mask = highEntropyMask(number(inputs.threshold))(table(matrix(inputs.entropies)), table(matrix(inputs.mask)))
  return [{ part: '', comparisons: toldByTensors(expected, { mask: mask.dataSync() }) }]
}

/** The reference's mask is one number a completion. */
export const offPolicyMasks: Formula = ({ inputs, expected }) => {
  const mask = offPolicyMask(number(inputs.off_policy_threshold))({
    logProb: table(matrix(inputs.per_token_logps)),
    behaviourLogProb: table(matrix(inputs.sampling_per_token_logps)),
    advantage: tf.reshape(tensor(inputs.advantages), [-1]) as tf.Tensor1D,
    mask: table(matrix(inputs.mask)),
  })
  const first = tf.slice(mask, [0, 0], [mask.shape[0], 1])
  return [{ part: '', comparisons: toldByTensors(expected, { mask: first.dataSync() }) }]
}

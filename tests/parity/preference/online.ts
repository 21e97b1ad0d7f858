import {
  type Terms,
  aStarPo,
  bestAndWorst,
  dpo,
  firstIsChosen,
  geometricMixture,
  nashMd,
  optimalValue,
  xpo,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { compareCase } from '../compare-case.ts'
import { inFloat32 } from '../comparison.ts'
import { type Parameters, tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, list, number, numbers } from '../json.ts'
import { byRow } from './rows.ts'

const row = (json: Json | undefined): tf.Tensor1D => tf.tensor1d(numbers(json))
const truths = (json: Json | undefined): boolean[] => list(json).map((given) => given === true)

/** Which of two completions Online DPO takes for the chosen one. */
export const onlinePairs: Formula = ({ inputs, hyper, expected }) => {
  const found = firstIsChosen(
    { rewards: numbers(inputs.rewards_first), ended: truths(inputs.first_has_eos) },
    { rewards: numbers(inputs.rewards_second), ended: truths(inputs.second_has_eos) },
    number(hyper.missing_eos_penalty),
  )
  const reference = truths(expected.first_is_chosen).map(Number)
  return [{ part: '', comparisons: [inFloat32('first_is_chosen', found.map(Number), reference)] }]
}

/** The best and the worst of a prompt's completions. */
export const pickedPair: Formula = ({ inputs, expected }) => {
  const rewards = list(inputs.rewards).map((reward) => (reward === null ? null : number(reward)))
  const found = bestAndWorst(rewards)
  const comparisons = [
    inFloat32('chosen', found === undefined ? [] : [found.chosen], expected.chosen_index),
    inFloat32('rejected', found === undefined ? [] : [found.rejected], expected.rejected_index),
  ]
  return [{ part: '', comparisons }]
}

/** Nash-MD's surrogate loss with its gradient. */
export const nashMirrorDescent: Formula = ({ inputs, hyper, expected }) => {
  const logProb = tensor(inputs.model_logprobs) as tf.Tensor2D
  const fixed = {
    referenceLogProb: tensor(inputs.ref_logprobs) as tf.Tensor2D,
    mask: tf.onesLike(logProb),
    winRate: row(inputs.win_probability),
  }
  const loss = nashMd({ beta: number(hyper.beta) })
  const told = { kl_per_sequence: byRow({ logProb, ...fixed }, (one) => loss(one).metrics.kl) }
  const comparisons = compareCase(
    expected,
    { model_logprobs: logProb },
    (given) => loss({ ...fixed, logProb: given.model_logprobs as tf.Tensor2D }),
    told,
  )
  return [{ part: '', comparisons }]
}

/** What Nash-MD's opponent draws from. */
export const nashMixture: Formula = ({ inputs, hyper, expected }) => {
  const found = geometricMixture(row(inputs.model_logits), row(inputs.ref_logits), number(hyper.mixture_coef))
  return [{ part: '', comparisons: [inFloat32('log_probs', found.dataSync(), expected.log_probs)] }]
}

/** XPO with its gradients in the policy's log-probabilities of both samples. */
export const exploratory: Formula = ({ inputs, hyper, expected }) => {
  const loss = xpo({ alpha: number(hyper.alpha), pairLoss: dpo({ beta: number(hyper.beta) }) })
  const fixed = {
    referenceOwnLogProb: row(inputs.ref_logp_of_model_data),
    referenceOtherLogProb: row(inputs.ref_logp_of_ref_data),
    ownPreferred: tf.tensor1d(truths(inputs.model_sample_is_chosen).map(Number)),
  }
  const parameters = { model_data: row(inputs.model_logp_of_model_data), ref_data: row(inputs.model_logp_of_ref_data) }
  const comparisons = compareCase(expected, parameters, ({ model_data, ref_data }) =>
    loss({ ...fixed, ownLogProb: model_data as tf.Tensor1D, otherLogProb: ref_data as tf.Tensor1D }),
  )
  return [{ part: '', comparisons }]
}

/** A*-PO with the optimal values it regresses to. */
export const optimalAdvantage: Formula = ({ inputs, hyper, expected }) => {
  const value = optimalValue(tensor(inputs.value_rewards) as tf.Tensor2D, number(hyper.beta1))
  const fixed = { referenceLogProb: row(inputs.ref_logps), reward: row(inputs.rewards), value }
  const loss = aStarPo({ beta: number(hyper.beta2) })
  const parameters = { policy: row(inputs.policy_logps) }
  const ofPolicy = ({ policy }: Parameters): Terms => loss({ ...fixed, logProb: policy as tf.Tensor1D })
  const comparisons = compareCase(expected, parameters, ofPolicy, { v_star: value })
  return [{ part: '', comparisons }]
}

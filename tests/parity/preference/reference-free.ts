import { type PairLoss, type PolicyPairs, alphaPo, cpo, log1mexp, orpo, simPo, tpo, tpoPerToken } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { compareCase } from '../compare-case.ts'
import { inFloat32 } from '../comparison.ts'
import { type Parameters, unitLoss } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, number, numbers } from '../json.ts'
import { byRow } from './rows.ts'

type Named = Readonly<Record<string, Json>>

interface Inputs extends PolicyPairs {
  readonly chosenLength: tf.Tensor1D
  readonly rejectedLength: tf.Tensor1D
  readonly chosenNll: tf.Tensor1D
  readonly goldNll: tf.Tensor1D
}
type Loss = PairLoss<Inputs>

const margin = ({ simpo_gamma, gamma_beta_ratio, beta }: Named): number =>
  simpo_gamma === undefined ? number(gamma_beta_ratio) * number(beta) : number(simpo_gamma)

const LOSSES: readonly (readonly [RegExp, (hyper: Named) => Loss])[] = [
  [
    /^CPO/,
    (hyper) =>
      cpo({
        beta: number(hyper.beta),
        labelSmoothing: number(hyper.label_smoothing),
        nllWeight: number(hyper.cpo_alpha),
      }),
  ],
  [/^SimPO/, (hyper) => simPo({ beta: number(hyper.beta), gamma: margin(hyper) })],
  [/^AlphaPO/, (hyper) => alphaPo({ beta: number(hyper.beta), gamma: margin(hyper), alpha: number(hyper.alpha) })],
  [/^ORPO/, (hyper) => orpo({ beta: number(hyper.beta) })],
  [
    /^TPO-L/,
    (hyper) =>
      tpoPerToken({ beta: number(hyper.beta), gamma: number(hyper.tpo_l_gamma), nllWeight: number(hyper.tpo_alpha) }),
  ],
  [/^TPO/, (hyper) => tpo({ beta: number(hyper.beta), nllWeight: number(hyper.tpo_alpha) })],
]

/** Length-averaged log-probabilities are those of completions of one token. */
const rowsOf = (inputs: Named, side: string): tf.Tensor1D =>
  tf.tensor1d(numbers(inputs[`policy_${side}_logps`] ?? inputs[`policy_${side}_avg_logps`]))

/** A loss without a reference, with its terms, gradients and rewards. The likelihood is told as a mean of the batch. */
export const referenceFree: Formula = ({ kind, inputs, hyper, expected }) => {
  const of = LOSSES.find(([pattern]) => pattern.test(kind))?.[1]
  if (of === undefined) throw new Error(`${kind}: not a loss of the library`)
  const loss = of(hyper)
  const chosenLogProb = rowsOf(inputs, 'chosen')
  const [ones, zeros] = [tf.onesLike(chosenLogProb), tf.zerosLike(chosenLogProb)]
  const nll = (name: string): tf.Tensor1D => tf.fill(chosenLogProb.shape, number(inputs[name] ?? 0))
  const pairs = { chosenLogProb, rejectedLogProb: rowsOf(inputs, 'rejected'), chosenLength: ones, rejectedLength: ones }
  const whole: Inputs = { ...pairs, chosenNll: nll('chosen_nll'), goldNll: nll('gold_nll') }
  const preference: Inputs = { ...whole, chosenNll: zeros }
  // CPO's loss is told with and without the likelihood, the others' with it.
  const counted = 'total_loss' in expected ? preference : whole

  const metric = (name: string): tf.Tensor => byRow(whole, (one) => loss(one).metrics[name])
  const told = {
    per_example_loss: loss(preference).terms,
    total_loss: unitLoss(loss(whole)),
    rewards_chosen: metric('rewards/chosen'),
    rewards_rejected: metric('rewards/rejected'),
    ...(kind === 'ORPO'
      ? {
          log_odds: metric('log_odds_chosen'),
          ratio: metric('log_odds_ratio'),
          log_odds_chosen: loss(whole).metrics.log_odds_chosen,
          log_odds_ratio: loss(whole).metrics.log_odds_ratio,
        }
      : {}),
  }
  const parameters: Parameters = { policy_chosen: chosenLogProb, policy_rejected: pairs.rejectedLogProb }
  const comparisons = compareCase(
    expected,
    parameters,
    ({ policy_chosen, policy_rejected }) =>
      loss({
        ...counted,
        chosenLogProb: policy_chosen as tf.Tensor1D,
        rejectedLogProb: policy_rejected as tf.Tensor1D,
      }),
    told,
  )
  return [{ part: '', comparisons }]
}

/** log(1 − eˣ). */
export const logOneMinusExp: Formula = ({ inputs, expected }) => [
  { part: '', comparisons: [inFloat32('value', log1mexp(tf.tensor1d(numbers(inputs.x))).dataSync(), expected.value)] },
]

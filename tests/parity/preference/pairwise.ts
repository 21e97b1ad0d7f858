import {
  type MeasuredPairs,
  type PairLoss,
  type Terms,
  alphaScore,
  aot,
  aotUnpaired,
  apoDown,
  apoZero,
  bcoPair,
  conservativeDpo,
  discoPop,
  dpo,
  dpoPerToken,
  exo,
  fDpo,
  forwardKLScore,
  hinge,
  ipo,
  ipoPerToken,
  jensenShannonScore,
  multiLoss,
  nca,
  referenceFreeDpo,
  reverseKLScore,
  robustDpo,
  selfNormalised,
  slic,
  sppoHard,
  weightedSum,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { compareCase } from '../compare-case.ts'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { type Parameters, compareLoss } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, list, number, numbers } from '../json.ts'
import { byRow, pick } from './rows.ts'

type Named = Readonly<Record<string, Json>>
type Loss = PairLoss<MeasuredPairs>

const beta = (hyper: Named): { readonly beta: number } => ({ beta: number(hyper.beta) })
const smoothed = (hyper: Named) => ({ ...beta(hyper), labelSmoothing: number(hyper.label_smoothing ?? 0) })

const DIVERGENCES = {
  forward_kl: () => forwardKLScore,
  reverse_kl: () => reverseKLScore,
  js_divergence: () => jensenShannonScore,
  alpha_divergence: (hyper: Named) => alphaScore(number(hyper.f_alpha_divergence_coef)),
}

const divergence = (loss: string): ((hyper: Named) => Loss) => {
  const name = loss.replace(/^f-DPO /, '') as keyof typeof DIVERGENCES
  if (DIVERGENCES[name] === undefined) throw new Error(`${loss}: not a divergence of the library`)
  return (hyper) => fDpo({ ...beta(hyper), divergence: DIVERGENCES[name](hyper) })
}

/** TRL's loss types. */
const BY_TYPE: Readonly<Record<string, (hyper: Named) => Loss>> = {
  sigmoid: (hyper) => dpo(beta(hyper)),
  sigmoid_norm: (hyper) => dpoPerToken(beta(hyper)),
  robust: (hyper) => robustDpo(smoothed(hyper)),
  ipo: (hyper) => ipoPerToken(beta(hyper)),
  hinge: (hyper) => hinge(beta(hyper)),
  exo_pair: (hyper) => exo(smoothed(hyper)),
  nca_pair: (hyper) => nca(beta(hyper)),
  bco_pair: (hyper) => bcoPair(beta(hyper)),
  sppo_hard: (hyper) => sppoHard(beta(hyper)),
  aot: (hyper) => aot(smoothed(hyper)),
  aot_unpaired: (hyper) => aotUnpaired(smoothed(hyper)),
  apo_zero: (hyper) => apoZero(beta(hyper)),
  apo_down: (hyper) => apoDown(beta(hyper)),
  discopop: (hyper) => discoPop({ ...beta(hyper), temperature: number(hyper.discopop_tau) }),
}

const several = (hyper: Named): Loss => {
  const weights = numbers(hyper.loss_weights)
  return multiLoss(
    list(hyper.loss_type).map((type, k) => {
      const of = BY_TYPE[String(type)]
      if (of === undefined) throw new Error(`${String(type)}: not a loss type of the library`)
      return [weights[k], of(hyper)] as const
    }),
  )
}

/** Losses by the names of the file. */
const BY_NAME: readonly (readonly [RegExp, (hyper: Named, loss: string) => Loss])[] = [
  [/^dpo reference_free/, (hyper) => referenceFreeDpo(beta(hyper))],
  [/^dpo \(sigmoid\)/, BY_TYPE.sigmoid],
  [/^DPO length-normalised/, BY_TYPE.sigmoid_norm],
  [/^cDPO/, (hyper) => conservativeDpo(smoothed(hyper))],
  [/^Robust DPO/, BY_TYPE.robust],
  [/^IPO \(summed/, (hyper) => ipo(beta(hyper))],
  [/^IPO \(length/, BY_TYPE.ipo],
  [/^hinge/, BY_TYPE.hinge],
  [/^EXO/, BY_TYPE.exo_pair],
  [/^NCA/, BY_TYPE.nca_pair],
  [/^BCO \(pair/, BY_TYPE.bco_pair],
  [/^SPPO hard/, BY_TYPE.sppo_hard],
  [/^AOT paired/, BY_TYPE.aot],
  [/^AOT unpaired/, BY_TYPE.aot_unpaired],
  [/^APO-zero$/, BY_TYPE.apo_zero],
  [/^APO-down/, BY_TYPE.apo_down],
  [/^DiscoPOP/, BY_TYPE.discopop],
  [/^f-DPO/, (hyper, loss) => divergence(loss)(hyper)],
  [/^weighted multi-loss/, several],
  [/^SLiC/, (hyper) => slic({ margin: number(hyper.beta), regularisation: number(hyper.lambda_coef) })],
]

const lossOf = (kind: string, hyper: Named): Loss => {
  const of = BY_NAME.find(([pattern]) => pattern.test(kind))?.[1]
  if (of === undefined) throw new Error(`${kind}: not a loss of the library`)
  return of(hyper, kind)
}

const row = (json: Json | undefined): tf.Tensor1D => tf.tensor1d(numbers(json))

/** The pairs of a case; where it has no lengths, each is 1. */
const pairsOf = (inputs: Named): MeasuredPairs => {
  const chosenLogProb = row(inputs.policy_chosen_logps)
  const length = (name: string): tf.Tensor1D => (name in inputs ? row(inputs[name]) : tf.onesLike(chosenLogProb))
  return {
    chosenLogProb,
    rejectedLogProb: row(inputs.policy_rejected_logps),
    referenceChosenLogProb: row(inputs.ref_chosen_logps),
    referenceRejectedLogProb: row(inputs.ref_rejected_logps),
    chosenLength: length('chosen_lengths'),
    rejectedLength: length('rejected_lengths'),
  }
}

/** Optimal transport's terms are told in order of quantiles: of the policy's margins, or of the chosen log-ratios. */
const inOrderOf = (kind: string, pairs: MeasuredPairs, terms: tf.Tensor): tf.Tensor => {
  if (!kind.startsWith('AOT')) return terms
  const other = kind.startsWith('AOT paired') ? pairs.rejectedLogProb : pairs.referenceChosenLogProb
  const key = [...tf.sub(pairs.chosenLogProb, other).dataSync()]
  const order = key.map((_, i) => i).sort((a, b) => key[a] - key[b])
  return tf.gather(terms, tf.tensor1d(order, 'int32'))
}

const withPolicy = (pairs: MeasuredPairs, { policy_chosen, policy_rejected }: Parameters): MeasuredPairs => ({
  ...pairs,
  chosenLogProb: policy_chosen as tf.Tensor1D,
  rejectedLogProb: policy_rejected as tf.Tensor1D,
})

const parametersOf = ({ chosenLogProb, rejectedLogProb }: MeasuredPairs): Parameters => ({
  policy_chosen: chosenLogProb,
  policy_rejected: rejectedLogProb,
})

/** A pairwise loss with its terms, gradients and rewards. */
export const pairwise: Formula = ({ kind, inputs, hyper, expected }) => {
  const loss = lossOf(kind, hyper)
  const pairs = pairsOf(inputs)
  const { terms, metrics } = loss(pairs)
  const reward = (name: string): tf.Tensor => byRow(pairs, (one) => loss(one).metrics[`rewards/${name}`])
  const told = {
    per_example_loss: inOrderOf(kind, pairs, terms),
    rewards_chosen: reward('chosen'),
    rewards_rejected: reward('rejected'),
    margins: reward('margins'),
    accuracy: metrics['rewards/accuracies'],
  }
  const ofPolicy = (given: Parameters): Terms => loss(withPolicy(pairs, given))
  return [{ part: '', comparisons: compareCase(expected, parametersOf(pairs), ofPolicy, told) }]
}

/** DPO under row weights, by both reducers. */
export const weightedPairs: Formula = ({ inputs, hyper, expected }) => {
  const [pairs, weight] = [pairsOf(inputs), row(inputs.weights)]
  const comparisons = Object.entries({ mean_w: weightedSum, self_normalised: selfNormalised }).flatMap(
    ([suffix, reducer]): readonly Comparison[] =>
      compareLoss(
        suffix,
        pick(expected, (key) => (key.endsWith(suffix) ? key.slice(0, -suffix.length - 1) : undefined)),
        parametersOf(pairs),
        (given) => reducer(dpo(beta(hyper))(withPolicy(pairs, given)), weight).loss,
      ),
  )
  return [{ part: '', comparisons }]
}

/** The terms that torchtune's tests state, to the digits they state. */
export const statedTerms =
  (loss: (inputs: Named) => Loss): Formula =>
  ({ inputs, expected }) => [
    { part: '', comparisons: [inFloat32('losses', loss(inputs)(pairsOf(inputs)).terms.dataSync(), expected.losses)] },
  ]

/** HALOs' IPO is 0 / 0 where the policy is the reference; ours is a number. */
export const ipoAtTheReference: Formula = ({ inputs }) => {
  const tokens = numbers((inputs.case as Named).policy_token_logps)
  const [sum, length] = [tf.tensor1d([tokens.reduce((a, b) => a + b, 0)]), tf.tensor1d([tokens.length])]
  const at = { chosenLogProb: sum, rejectedLogProb: sum, referenceChosenLogProb: sum, referenceRejectedLogProb: sum }
  const { terms } = ipoPerToken({ beta: 0.1 })({ ...at, chosenLength: length, rejectedLength: length })
  return [{ part: '', comparisons: [inFloat32('loss', terms.dataSync(), [25])] }]
}

/** HALOs' SLiC adds a term a token to a term a pair; ours has one a pair, whatever the lengths. */
export const slicOfPairs: Formula = () => {
  const [chosenLogProb, rejectedLogProb] = [tf.tensor1d([-3, -5, -2]), tf.tensor1d([-4, -1, -2.5])]
  const { terms } = slic({ margin: 1, regularisation: 0.5 })({ chosenLogProb, rejectedLogProb })
  return [{ part: '', comparisons: [inFloat32('terms', terms.dataSync(), [1.5, 7.5, 1.5])] }]
}

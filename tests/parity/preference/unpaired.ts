import {
  type ReferredCompletions,
  type Terms,
  apoZeroUnpaired,
  bco,
  kto,
  ktoWeightRanges,
  mismatchedKl,
  mismatchedKlOfNonZero,
  previousCompletions,
  runningMoments,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { compareCase } from '../compare-case.ts'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { type Parameters, lossOf } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, list, matrix, number, numbers, record } from '../json.ts'

const row = (json: Json | undefined): tf.Tensor1D => tf.tensor1d(numbers(json))

/** Numbers of the rows with a label, then those of the others. */
const desirableFirst = (values: ArrayLike<number>, label: readonly boolean[]): number[] => {
  const having = (wanted: boolean): number[] => Array.from(values).filter((_, i) => label[i] === wanted)
  return [...having(true), ...having(false)]
}

/** KTO and APO-zero of single completions; a mean over no row is NaN in the reference and 0 here. */
export const labelled: Formula = ({ name, kind, inputs, hyper, expected }) => {
  const options = {
    beta: number(hyper.beta),
    desirableWeight: number(hyper.desirable_weight),
    undesirableWeight: number(hyper.undesirable_weight),
  }
  const label = list(inputs.label).map((given) => given === true)
  const mismatched = { logProb: row(inputs.policy_kl_logps), referenceLogProb: row(inputs.ref_kl_logps) }
  // HALOs' convention has no other key.
  const kl = (name.includes('halos') ? mismatchedKlOfNonZero : mismatchedKl)(mismatched)
  const completions: ReferredCompletions = {
    logProb: row(inputs.policy_logps),
    referenceLogProb: row(inputs.ref_logps),
    desirable: tf.tensor1d(label.map(Number)),
    kl,
  }
  const loss = kind.startsWith('APO') ? apoZeroUnpaired(options) : kto(options)
  const { terms, metrics } = loss(completions)
  const meanReward = (side: 'chosen' | 'rejected', wanted: boolean): tf.Scalar =>
    label.includes(wanted) ? metrics[`rewards/${side}`] : tf.scalar(NaN)
  const told = {
    kl: metrics.kl ?? tf.relu(kl),
    losses_desirable_then_undesirable: tf.tensor1d(desirableFirst(terms.dataSync(), label)),
    rewards: tf.mul(options.beta, tf.sub(completions.logProb, completions.referenceLogProb)),
    mean_reward_chosen: meanReward('chosen', true),
    mean_reward_rejected: meanReward('rejected', false),
  }
  const parameters = { policy: completions.logProb }
  const ofPolicy = ({ policy }: Parameters): Terms => loss({ ...completions, logProb: policy as tf.Tensor1D })
  const comparisons = compareCase(expected, parameters, ofPolicy, told)
  return [{ part: '', comparisons }]
}

/** KTO's recommended weights as TRL rounds them, with its 1.33. */
export const labelWeights: Formula = ({ inputs, expected }) => {
  const ranges = ktoWeightRanges(
    {
      desirable: number(inputs.num_desirable),
      undesirable: number(inputs.num_undesirable),
      desirableWeight: number(inputs.desirable_weight),
      undesirableWeight: number(inputs.undesirable_weight),
    },
    1.33,
  )
  const rounded = (range: readonly number[]): number[] => range.map((x) => Math.round(x * 100) / 100)
  const comparisons = [
    inFloat32('desirable', rounded(ranges.desirableWeight), expected.desirable_weight_range),
    inFloat32('undesirable', rounded(ranges.undesirableWeight), expected.undesirable_weight_range),
  ]
  return [{ part: '', comparisons }]
}

/** BCO over several batches, its reward shift running. */
export const runningShift: Formula = ({ inputs, hyper, expected }) => {
  const { mean, var: variance, count } = record(hyper.init)
  const beta = number(hyper.beta)
  const steps = list(inputs.steps).map(record)
  const comparisons: Comparison[] = []
  const scalar = (json: Json | undefined): tf.Scalar => tf.scalar(number(json))
  let moments = { mean: scalar(mean), variance: scalar(variance), count: scalar(count) }
  steps.forEach((step, k) => {
    const [chosen, rejected] = [numbers(step.chosen_logratios), numbers(step.rejected_logratios)]
    const logProb = tf.tensor1d([...chosen, ...rejected])
    const desirable = tf.tensor1d([...chosen.map(() => 1), ...rejected.map(() => 0)])
    moments = runningMoments(moments, { values: tf.mul(beta, logProb) })
    const found = bco({ beta })({
      logProb,
      referenceLogProb: tf.zerosLike(logProb),
      desirable,
      rewardShift: moments.mean,
    })
    const terms = [...found.terms.dataSync()]
    const [seen] = moments.count.dataSync()
    const told: Readonly<Record<string, ArrayLike<number>>> = {
      delta: moments.mean.dataSync(),
      running_std: [Math.sqrt((moments.variance.dataSync()[0] * seen) / (seen - 1))],
      chosen_losses: terms.slice(0, chosen.length),
      rejected_losses: terms.slice(chosen.length),
      loss: [lossOf(found)],
    }
    for (const [key, reference] of Object.entries(record(list(expected.steps)[k])))
      comparisons.push(inFloat32(`step ${k} ${key}`, told[key] ?? [], reference))
  })
  return [{ part: '', comparisons }]
}

/** Which completion TRL puts beside each prompt to estimate KL. */
export const mismatchedCompletions: Formula = ({ inputs, expected }) => {
  const found = previousCompletions(matrix(inputs.completion_ids))
  return [{ part: '', comparisons: [inFloat32('KL_completion_ids', found.flat(), expected.KL_completion_ids)] }]
}

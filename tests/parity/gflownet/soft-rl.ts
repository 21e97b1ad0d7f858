import {
  type ValuedTrajectoryInputs,
  actionsOf,
  entropicPPO,
  softAdvantages,
  softRewards,
  statesUpTo,
  terminationValues,
} from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import { table } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { type Json, matrix, numbers } from '../json.ts'

const transposed = (json: Json): tf.Tensor2D => tf.transpose(table(matrix(json)))

/** The clip of the case, and λ of the advantages it is applied to, are torchgfn's defaults: no key says them. */
const EPSILON = 0.2
const LAMBDA = 0.7

/** Soft rewards, returns and advantages, and PPO's clip of them; the file is time-major, its actions have the exit. */
export const softReinforcement: Formula = ({ inputs, expected }) => {
  const actions = numbers(inputs.lens)
  const values = transposed(inputs.values)
  const batchOf = (logPF: tf.Tensor2D): ValuedTrajectoryInputs => {
    const [rows, states] = logPF.shape
    return {
      logPF,
      logPTerm: logPF,
      logReward: tf.mul<tf.Tensor2D>(tf.tensor2d(numbers(inputs.log_R), [rows, 1]), tf.ones([rows, states])),
      valid: statesUpTo(
        tf.tensor1d(
          actions.map((n) => n - 1),
          'int32',
        ),
        states,
      ),
      keep: tf.ones([rows]),
      values: tf.slice2d(values, [0, 0], [rows, states]),
    }
  }
  const batch = batchOf(transposed(inputs.log_pf))
  const without: ValuedTrajectoryInputs = { ...batch, values: tf.zerosLike(batch.logPF) }
  const { logPF, logReward } = terminationValues(batch)
  const clipped = (): tf.Tensor => {
    const { logProb: oldLogProb } = actionsOf(batchOf(transposed(inputs.log_pf_old)))
    const loss = entropicPPO({ epsilon: EPSILON, beta: 0 })
    return tf.neg(loss({ ...actionsOf(batch), oldLogProb, advantage: softAdvantages({ lambda: LAMBDA })(batch) }).terms)
  }
  const found: Readonly<Record<string, () => tf.Tensor>> = {
    soft_returns: () => softRewards(batch),
    total: () => tf.sum(softRewards(batch), 1),
    minus_tb_score: () => tf.sub(logReward, logPF),
    reward_to_go: () => softAdvantages()(without),
    td: () => softAdvantages({ lambda: 0 })(batch),
    gae_07: () => softAdvantages({ lambda: 0.7 })(batch),
    gae_1: () => softAdvantages({ lambda: 1 })(batch),
    gae_0: () => softAdvantages({ lambda: 0 })(batch),
    ppo_clip: clipped,
  }
  const comparisons = Object.entries(expected).map(([key, reference]) => {
    if (found[key] === undefined) throw new Error(`${key}: nothing to compare it with`)
    return inFloat32(key, tf.transpose(found[key]()).dataSync(), reference)
  })
  return [{ part: '', comparisons }]
}

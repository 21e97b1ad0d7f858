import { modifiedSubTrajectoryBalance, subTrajectoryBalance } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import { lossOf } from '../engine.ts'
import { batchOf, columnsOf } from '../rollout-columns.ts'
import type { Formula } from '../formula.ts'
import { number } from '../json.ts'

const counted = (share: tf.Tensor): number => tf.sum(tf.cast(tf.greater(share, 0), 'float32')).dataSync()[0]

/** F = R / P_F(⊤) put into SubTB as the learned flow, against modified SubTB: they differ in the last transition. */
export const lmVsTorchgfn: Formula = ({ inputs, expected }, others) => {
  const base = others.find(({ name }) => name === inputs.base)
  if (base === undefined) throw new Error(`no case ${JSON.stringify(inputs.base)} in the same file`)
  const columns = columnsOf(base.inputs)
  const batch = batchOf(columns, columns.lengths)
  const lm = modifiedSubTrajectoryBalance({ lambda: number(base.inputs.subtb_lambda) })(batch)
  const logF = tf.sub<tf.Tensor2D>(batch.logReward, batch.logPTerm)
  const equal = subTrajectoryBalance({ weighting: 'equal' })({ ...batch, logF })
  const nodes = equal.terms.shape[1]!
  const isEnd = tf.tensor2d(
    columns.lengths.flatMap((length) => Array.from({ length: nodes }, (_, t) => (t === length + 1 ? 1 : 0))),
    [columns.lengths.length, nodes],
  )
  const found: Readonly<Record<string, () => number>> = {
    torchgfn_equal: () => lossOf(equal),
    loss_lm: () => lossOf(lm),
    n1: () => counted(lm.share),
    n2: () => counted(equal.share),
    end_state_terms_sum: () => tf.sum(tf.mul(equal.terms, tf.expandDims(isEnd, 1))).dataSync()[0],
  }
  const comparisons = Object.entries(expected).map(([key, reference]) => {
    if (found[key] === undefined) throw new Error(`${key}: nothing to compare it with`)
    return inFloat32(key, [found[key]()], number(reference))
  })
  return [{ part: '', comparisons }]
}

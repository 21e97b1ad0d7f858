import { groupCentred, trajectoryBalanceWithAsynchrony } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { inFloat32 } from '../comparison.ts'
import { compareLoss, unitLoss } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { number, numbers } from '../json.ts'
import { wholes } from './sequence-level-losses.ts'

/** TBA's loss and gradient on one prompt, and the advantages of REINFORCE with a mean baseline that it is made of. */
export const tbaAsReinforce: Formula = ({ inputs, expected }) => {
  const [logPF, referenceLogProb, reward] = [inputs.log_pf, inputs.log_ref, inputs.r].map((x) =>
    tf.tensor1d(numbers(x)),
  )
  const [rows] = logPF.shape
  const [group, beta] = [tf.zeros<tf.Rank.R1>([rows], 'int32'), number(inputs.beta)]
  const loss = trajectoryBalanceWithAsynchrony({ beta })
  const { advantages, ...rest } = expected
  const regularised = tf.sub<tf.Tensor1D>(reward, tf.mul(beta, tf.sub(logPF, referenceLogProb)))
  const comparisons = compareLoss('', rest, { log_pf: logPF }, (given) =>
    unitLoss(
      loss({
        ...wholes(
          given.log_pf,
          inputs.r,
          numbers(inputs.r).map(() => 1),
        ),
        referenceLogProb,
        group,
      }),
    ),
  )
  const centred = groupCentred(regularised, group, tf.ones([rows])).dataSync()
  return [{ part: '', comparisons: [...comparisons, inFloat32('advantages', centred, advantages)] }]
}

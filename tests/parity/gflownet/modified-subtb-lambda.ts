import { modifiedSubTrajectoryBalance } from '@gfnlm/losses'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { compareLoss, unitLoss } from '../engine.ts'
import { batchOf, columnsOf } from '../rollout-columns.ts'
import type { Formula } from '../formula.ts'
import { number } from '../json.ts'

/** gfn-lm-tuning's pooled modified SubTB loss with its three gradients. */
export const modifiedSubTBLambda: Formula = ({ inputs, expected }) => {
  const { logPF, logPTerm, logReward, lengths } = columnsOf(inputs)
  const loss = modifiedSubTrajectoryBalance({ lambda: number(inputs.subtb_lambda), weighting: 'pooled' })
  const parameters = { log_pf: logPF, log_r: logReward, log_pterm: logPTerm }
  const comparisons = compareLoss('', expected, parameters, (given) =>
    unitLoss(
      loss(
        batchOf(
          {
            logPF: given.log_pf as Tensor2D,
            logReward: given.log_r as Tensor2D,
            logPTerm: given.log_pterm as Tensor2D,
          },
          lengths,
        ),
      ),
    ),
  )
  return [{ part: '', comparisons }]
}

import { type Exit, type TrajectoryInputs, modifiedDetailedBalance, modifiedSubTrajectoryBalance } from '@gfnlm/losses'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { type Parameters, compareLoss, table, unitLoss } from '../engine.ts'
import { batchOf, lengthsOf } from '../rollout-columns.ts'
import type { Formula } from '../formula.ts'
import { matrix, number, record } from '../json.ts'

/**
 * The arithmetic, infilling and notebook variants: `>= 1` leaves the terminating transition out, `> 1` keeps it as
 * one state more wherever a completion ended of itself.
 */
export const modifiedSubTBMasks: Formula = ({ inputs, expected }) => {
  const longest = number(inputs.max_len)
  const lengths = lengthsOf(inputs.generated_text, inputs.prompt_len, inputs.eos, longest)
  const withExit = lengths.map((length) => Math.min(length + 1, longest))
  const parameters = {
    log_pf: table(matrix(inputs.log_pf)),
    log_r: table(matrix(inputs.log_r)),
    log_eos: table(matrix(inputs.log_eos)),
  }
  const batch = (given: Parameters, actions: readonly number[]): TrajectoryInputs =>
    batchOf(
      {
        logPF: given.log_pf as Tensor2D,
        logReward: given.log_r as Tensor2D,
        logPTerm: given.log_eos as Tensor2D,
      },
      actions,
    )
  const comparisons = Object.entries(expected).flatMap(([key, reference]) => {
    const mask = /(gt|ge)_1/.exec(key)?.[1]
    if (mask === undefined) throw new Error(`${key}: neither of the two masks`)
    const loss = (exit: Exit) =>
      key.startsWith('modified_db')
        ? modifiedDetailedBalance({ normalisation: 'within', exit })
        : modifiedSubTrajectoryBalance({ lambda: number(inputs.subtb_lambda), exit })
    if (mask === 'ge')
      return compareLoss(key, reference, parameters, (given) => unitLoss(loss('leftOut')(batch(given, lengths))))
    // The file's gradients are those of its own columns, in which the exit is a state of its own.
    const value = typeof reference === 'number' ? reference : record(reference).loss
    return [
      ...compareLoss(key, value, parameters, (given) => unitLoss(loss('counted')(batch(given, lengths)))),
      ...compareLoss(key, reference, parameters, (given) => unitLoss(loss('leftOut')(batch(given, withExit)))),
    ]
  })
  return [{ part: '', comparisons }]
}

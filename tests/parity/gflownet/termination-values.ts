import { terminationValues } from '@gfnlm/losses'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { table } from '../engine.ts'
import { batchOf, columnsOf } from '../rollout-columns.ts'
import type { Formula } from '../formula.ts'
import { type Json, matrix } from '../json.ts'

/** log P_F, log R and length of whole completions. */
export const terminationValuesCase: Formula = ({ inputs, expected }) => {
  const columns = columnsOf(inputs)
  const at = (rewards: Json) =>
    terminationValues(batchOf({ ...columns, logReward: table(matrix(rewards)) }, columns.lengths))
  const comparisons = Object.entries(expected).map(([key, reference]): Comparison => {
    if (key === 'log_pfs') return inFloat32(key, at(inputs.log_r).logPF.dataSync(), reference)
    if (key === 'length') return inFloat32(key, at(inputs.log_r).length.dataSync(), reference)
    return inFloat32(key, at(inputs[key]).logReward.dataSync(), reference)
  })
  return [{ part: '', comparisons }]
}

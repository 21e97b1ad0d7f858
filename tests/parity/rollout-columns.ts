import { type TrajectoryInputs, statesUpTo } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { table } from './engine.ts'
import { type Json, matrix, number } from './json.ts'

/** Completion lengths: tokens of each row after the prompt and before the first terminator, at most `longest`. */
export const lengthsOf = (text: Json, promptLength: Json, terminator: Json, longest: number): number[] =>
  matrix(text).map((row) => {
    const at = row.slice(number(promptLength)).indexOf(number(terminator))
    return at < 0 ? longest : Math.min(at, longest)
  })

/** A batch of the three columns that gfn-lm-tuning's losses take, with the lengths given. */
export const batchOf = (
  columns: Pick<TrajectoryInputs, 'logPF' | 'logPTerm' | 'logReward'>,
  lengths: readonly number[],
): TrajectoryInputs => ({
  ...columns,
  valid: statesUpTo(tf.tensor1d([...lengths], 'int32'), columns.logPF.shape[1]),
  keep: tf.ones([lengths.length]),
})

/** The three columns, and the completions' lengths. */
export interface Columns extends Pick<TrajectoryInputs, 'logPF' | 'logPTerm' | 'logReward'> {
  readonly lengths: readonly number[]
}

/** The inputs of a `modified_subtb_lambda_*` case as tensors and lengths. */
export const columnsOf = (inputs: Readonly<Record<string, Json>>): Columns => {
  const logPF = table(matrix(inputs.log_pf))
  return {
    logPF,
    logPTerm: table(matrix(inputs.log_pterm)),
    logReward: table(matrix(inputs.log_r)),
    lengths: lengthsOf(inputs.generated_text, inputs.prompt_len, inputs.termination_token_id, logPF.shape[1] - 1),
  }
}

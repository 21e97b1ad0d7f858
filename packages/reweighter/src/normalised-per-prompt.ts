import { type Annotated, logSumExp } from '@gfnlm/env'
import { type Rows, byRow } from './estimator.ts'

/** Rows that belong to prompts. */
export type Grouped = Rows & Pick<Annotated, 'group' | 'prompts'>

/**
 * Log-weights [rows] as weights whose mean over the kept rows of each prompt is 1:
 *
 *   w_i = n_g · exp(l_i) / Σ_{j in g} exp(l_j)
 *
 * A constant per prompt (log Z, a density's normaliser) cancels. Rows with keep = 0 or an unknown (NaN) log-weight
 * are not in the sum and get 0 and `unknown`; a prompt none of whose rows has a positive weight gets 0 everywhere.
 */
export const normalisedPerPrompt = (logWeights: Float64Array, batch: Grouped, unknown: number): Float32Array => {
  const byPrompt = batch.prompts.map((): number[] => [])
  logWeights.forEach((logWeight, row) => {
    if (batch.keep[row] !== 0 && !Number.isNaN(logWeight)) byPrompt[batch.group[row]].push(logWeight)
  })
  const logMean = byPrompt.map((known) => logSumExp(known) - Math.log(known.length))
  return byRow(batch, (row) =>
    Number.isNaN(logWeights[row])
      ? unknown
      : logWeights[row] === -Infinity
        ? 0
        : Math.exp(logWeights[row] - logMean[batch.group[row]]),
  )
}

import { type Annotated, logSumExp } from '@gfnlm/env'

/**
 * Log-weights [rows] as weights whose mean over the kept rows of each prompt is 1:
 *
 *   w_i = n_g · exp(l_i) / Σ_{j in g} exp(l_j)
 *
 * A constant per prompt (log Z, a density's normaliser) cancels. Rows with keep = 0 or an unknown (NaN) log-weight
 * are not in the sum and get 0 and `unknown`; a prompt none of whose rows has a positive weight gets 0 everywhere.
 */
export const selfNormalised = (logWeights: Float64Array, batch: Annotated, unknown: number): Float32Array => {
  const byPrompt = batch.prompts.map((): number[] => [])
  logWeights.forEach((logWeight, row) => {
    if (batch.keep[row] !== 0 && !Number.isNaN(logWeight)) byPrompt[batch.group[row]].push(logWeight)
  })
  const logMean = byPrompt.map((known) => logSumExp(known) - Math.log(known.length))
  return Float32Array.from({ length: batch.rows }, (_, row) => {
    if (batch.keep[row] === 0) return 0
    if (Number.isNaN(logWeights[row])) return unknown
    return logWeights[row] === -Infinity ? 0 : Math.exp(logWeights[row] - logMean[batch.group[row]])
  })
}

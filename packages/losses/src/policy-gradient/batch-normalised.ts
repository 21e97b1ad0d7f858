import { maskedMean, sampleVariance } from './masked-statistics.ts'

/**
 * Advantages standardised over the batch: (A − mean) / (std + ε), by the sample deviation. On `leaveOneOut` it is TRL's
 * `normalize_advantages`, and close to REINFORCE++ (arXiv:2501.03262).
 *
 * @param keep    [rows] 0 leaves a row out of the statistics, and its advantage 0
 * @param epsilon default 1e-4, TRL's
 */
export const batchNormalised = (
  advantages: ArrayLike<number>,
  keep?: ArrayLike<number>,
  epsilon: number = 1e-4,
): Float64Array => {
  const mean = maskedMean(advantages, keep)
  const divisor = Math.sqrt(sampleVariance(advantages, keep)) + epsilon
  return Float64Array.from(advantages, (advantage, row) => (keep?.[row] === 0 ? 0 : (advantage - mean) / divisor))
}

import { checkLengths } from '../check-lengths.ts'
import { atLeastZero } from './check-options.ts'
import { maskedMean, sampleVariance } from './masked-statistics.ts'
import { isScored } from './scored-groups.ts'

/**
 * Advantages standardised over the batch: (A − mean) / (std + ε), by the sample deviation. On `leaveOneOut` it is TRL's
 * `normalize_advantages`, and close to REINFORCE++ (arXiv:2501.03262).
 *
 * A row whose advantage is no number (NaN, ±∞) is left out of the statistics and has advantage 0, as is one not kept.
 *
 * @param keep    [rows] 0 leaves a row out
 * @param epsilon default 1e-4, TRL's
 * @throws RangeError where there is not a `keep` for each advantage, or for an ε below 0
 */
export const batchNormalised = (
  advantages: ArrayLike<number>,
  keep?: ArrayLike<number>,
  epsilon: number = 1e-4,
): Float64Array => {
  checkLengths('batchNormalised', 'one an advantage', advantages.length, { keep })
  atLeastZero('batchNormalised', { epsilon })
  const counts = Array.from(advantages, (advantage, row) => isScored(advantage) && keep?.[row] !== 0)
  const mean = maskedMean(advantages, counts)
  const divisor = Math.sqrt(sampleVariance(advantages, counts)) + epsilon
  return Float64Array.from(advantages, (advantage, row) => (counts[row] ? (advantage - mean) / divisor : 0))
}

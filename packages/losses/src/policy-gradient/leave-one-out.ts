import { maskedMean } from './masked-statistics.ts'
import { byGroup } from './scored-groups.ts'

/**
 * RLOO's advantage: a completion's reward less the mean of the others of its prompt, a baseline it has no part in.
 *
 *   A_i = r_i − mean_{j ≠ i} r_j = n / (n − 1) · (r_i − mean_g r)
 *
 * Rows without a reward, and groups of one, have advantage 0.
 *
 * @param rewards [rows] NaN or ±∞: could not be scored
 * @param group   [rows]
 * @returns [rows]
 * @throws RangeError where there is not a group for each reward
 * @see Kool et al. 2019; Ahmadian et al. 2024, arXiv:2402.14740
 */
export const leaveOneOut = (rewards: ArrayLike<number>, group: ArrayLike<number>): Float64Array =>
  byGroup('leaveOneOut', rewards, group, (own) => {
    const [n, mean] = [own.length, maskedMean(own)]
    return own.map((reward) => (n / (n - 1)) * (reward - mean))
  })

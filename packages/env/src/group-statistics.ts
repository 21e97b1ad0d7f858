interface Groups {
  readonly count: Float64Array
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** Welford's update, group by group: stable where values are large against their spread. */
const statistics = (values: ArrayLike<number>, group: Int32Array, keep: Uint8Array | undefined): Groups => {
  const groups = group.reduce((most, g) => Math.max(most, g + 1), 0)
  const count = new Float64Array(groups)
  const mean = new Float64Array(groups)
  const squares = new Float64Array(groups)
  for (let row = 0; row < group.length; row++) {
    if (keep !== undefined && keep[row] === 0) continue
    const g = group[row]!
    const value = values[row]!
    const off = value - mean[g]!
    count[g]! += 1
    mean[g]! += off / count[g]!
    squares[g]! += off * (value - mean[g]!)
  }
  return { count, mean, variance: squares.map((sum, g) => sum / count[g]!) }
}

/**
 * Mean of the kept rows of each group; NaN for a group without any.
 *
 * @param values [rows]
 * @param group  [rows] index of the row's group
 * @param keep   [rows] 0 leaves a row out; absent: all count
 * @returns [groups], up to the largest index
 */
export const perGroupMean = (values: ArrayLike<number>, group: Int32Array, keep?: Uint8Array): Float64Array => {
  const { count, mean } = statistics(values, group, keep)
  return mean.map((value, g) => (count[g]! > 0 ? value : NaN))
}

/**
 * Population variance (divided by n) of the kept rows of each group; NaN for a group of fewer than two, which has
 * none to show. On log R − log P_F it is 0 for every prompt exactly when the policy samples from the posterior;
 * pooled over prompts it would also hold the spread of log Z.
 *
 * @param values [rows]
 * @param group  [rows] index of the row's group
 * @param keep   [rows] 0 leaves a row out; absent: all count
 * @returns [groups], up to the largest index
 */
export const perGroupVariance = (values: ArrayLike<number>, group: Int32Array, keep?: Uint8Array): Float64Array => {
  const { count, variance } = statistics(values, group, keep)
  return variance.map((value, g) => (count[g]! > 1 ? value : NaN))
}

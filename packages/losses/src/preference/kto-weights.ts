/** How many labels of each kind there are, and how much they count. */
export interface LabelCounts {
  readonly desirable: number
  readonly undesirable: number
  /** λ_D, default 1 */
  readonly desirableWeight?: number
  /** λ_U, default 1 */
  readonly undesirableWeight?: number
}

/** Lowest and highest. */
export type Range = readonly [number, number]

/**
 * The weights that KTO recommends for unbalanced labels: either is in its range where the other is as given.
 *
 *   1 ≤ λ_D n_D / (λ_U n_U) ≤ 4 / 3
 *
 * TRL uses 1.33 and rounds to two decimals; it warns when neither weight is in its range.
 *
 * @param counts n_D, n_U, λ_D and λ_U
 * @param most   the highest ratio, default 4 / 3
 * @throws RangeError for a label that does not occur
 * @see Ethayarajh et al. 2024, arXiv:2402.01306, eq. 8
 * @example ktoWeightRanges({ desirable: 300, undesirable: 100 }).undesirableWeight // 2.25, 3
 */
export const ktoWeightRanges = (
  { desirable, undesirable, desirableWeight = 1, undesirableWeight = 1 }: LabelCounts,
  most: number = 4 / 3,
): { readonly desirableWeight: Range; readonly undesirableWeight: Range } => {
  if (!(desirable > 0 && undesirable > 0))
    throw new RangeError(`ktoWeightRanges: both labels must occur, found ${desirable} good, ${undesirable} bad ones`)
  const least = (undesirable * undesirableWeight) / desirable
  const highest = (desirable * desirableWeight) / undesirable
  return { desirableWeight: [least, most * least], undesirableWeight: [highest / most, highest] }
}

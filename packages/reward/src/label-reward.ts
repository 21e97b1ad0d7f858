export interface LabelRewardOptions {
  /** Reward of the right label. Default 1. */
  readonly correct?: number
  /** Reward of another. Default −1. */
  readonly wrong?: number
  /** Reward of another label where an input is `modified`: a high start that teaches nothing. Default `wrong`. */
  readonly wrongOfModified?: number
}

/**
 * Rewards of predicted labels against given ones: those of the controlled experiments on vanishing gradients, where
 * some inputs are relabelled ("modified") after pretraining.
 *
 * @param predictions [rows] label ids
 * @param labels      [rows]
 * @param modified    [rows] whether the input was relabelled; absent: none was
 * @returns [rows]
 * @throws RangeError where the lengths differ
 * @see Razin et al. 2024, arXiv:2310.20703, §4; apple/ml-rlgrad, utils of rewards by label
 */
export const labelRewards = (
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  modified?: ArrayLike<number | boolean>,
  { correct = 1, wrong = -1, wrongOfModified = wrong }: LabelRewardOptions = {},
): Float64Array => {
  if (predictions.length !== labels.length)
    throw new RangeError(`labelRewards: ${predictions.length} predictions and ${labels.length} labels`)
  if (modified !== undefined && modified.length !== labels.length)
    throw new RangeError(`labelRewards: modified has ${modified.length} rows, there are ${labels.length} labels`)
  return Float64Array.from({ length: labels.length }, (_, row) => {
    if (predictions[row] === labels[row]) return correct
    return modified?.[row] ? wrongOfModified : wrong
  })
}

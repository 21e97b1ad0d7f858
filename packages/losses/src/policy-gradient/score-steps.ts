/** Where a completion's score is added to its rewards, and which states have a value. */
export interface ScoreSteps {
  /** [rows] */
  readonly at: Int32Array
  /** [rows, steps] row-major 1 where a state has a value, and the step there a reward */
  readonly valid: Uint8Array
}

const cells = (rows: number, steps: number, valid: (row: number, t: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: rows * steps }, (_, cell) => {
    const [row, t] = [Math.floor(cell / steps), cell % steps]
    return valid(row, t) ? 1 : 0
  })

/**
 * TRL: the score is one step past the last token, where the value of the finished completion is, or at the last step
 * where there is no other.
 *
 * @param lastIndex [rows] index of the last token of each completion
 */
export const scoreAfterLast = (lastIndex: ArrayLike<number>, steps: number): ScoreSteps => {
  const at = Int32Array.from(lastIndex, (last) => Math.min(last + 1, steps - 1))
  return { at, valid: cells(at.length, steps, (row, t) => t <= lastIndex[row] + 1) }
}

/**
 * torchtune: the same, but for a completion of one token, whose score stays at step 0, upon its only token.
 *
 * @param lastIndex [rows] index of the last token of each completion
 */
export const scoreAfterLastTorchtune = (lastIndex: ArrayLike<number>, steps: number): ScoreSteps => {
  const at = Int32Array.from(lastIndex, (last) => (last > 0 && last < steps - 1 ? last + 1 : last))
  return { at, valid: cells(at.length, steps, (row, t) => t <= at[row]) }
}

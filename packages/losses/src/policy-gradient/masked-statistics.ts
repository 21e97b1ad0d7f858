import { checkLengths } from '../check-lengths.ts'

/** Which numbers count: 0 (or false) leaves one out, and its value is not read. Absent: all count. */
export type Counted = ArrayLike<number | boolean> | undefined

const counts = (mask: Counted, i: number): boolean => mask === undefined || Number(mask[i]) !== 0

const checkMask = (x: ArrayLike<number>, mask: Counted): void =>
  checkLengths('masked statistics', 'one a number', x.length, { mask })

/** How many numbers count. This and all below throw a RangeError for a mask of another length. */
export const countOf = (x: ArrayLike<number>, mask?: Counted): number => {
  checkMask(x, mask)
  let count = 0
  for (let i = 0; i < x.length; i++) if (counts(mask, i)) count += 1
  return count
}

/** Σ over the numbers that count. */
export const maskedSum = (x: ArrayLike<number>, mask?: Counted): number => {
  checkMask(x, mask)
  let sum = 0
  for (let i = 0; i < x.length; i++) if (counts(mask, i)) sum += x[i]
  return sum
}

const over = (sum: number, count: number): number => (count > 0 ? sum / count : 0)

/** Mean of the numbers that count; 0 where none does. */
export const maskedMean = (x: ArrayLike<number>, mask?: Counted): number => over(maskedSum(x, mask), countOf(x, mask))

/** What torchtune adds to a number of elements. */
const TORCHTUNE_EPSILON = 1e-8

/**
 * Σ m x / (Σ m + ε), torchtune's mean: lower by ε / n of itself than the mean. For its numbers to the last digit;
 * otherwise `maskedMean`.
 *
 * @param epsilon default 1e-8
 */
export const maskedMeanTorchtune = (
  x: ArrayLike<number>,
  mask?: Counted,
  epsilon: number = TORCHTUNE_EPSILON,
): number => maskedSum(x, mask) / (countOf(x, mask) + epsilon)

const squaresFrom = (x: ArrayLike<number>, mean: number, mask: Counted): number =>
  maskedSum(
    Float64Array.from(x, (value) => (value - mean) ** 2),
    mask,
  )

/** Σ (x − mean)² / n of the numbers that count; 0 where none does. */
export const populationVariance = (x: ArrayLike<number>, mask?: Counted): number =>
  over(squaresFrom(x, maskedMean(x, mask), mask), countOf(x, mask))

/** Σ (x − mean)² / (n − 1) of the numbers that count (Bessel); 0 where fewer than two do. */
export const sampleVariance = (x: ArrayLike<number>, mask?: Counted): number =>
  over(squaresFrom(x, maskedMean(x, mask), mask), countOf(x, mask) - 1)

/** torchtune's biased variance: `maskedMeanTorchtune` of the squares from `maskedMeanTorchtune`. */
export const populationVarianceTorchtune = (x: ArrayLike<number>, mask?: Counted): number =>
  squaresFrom(x, maskedMeanTorchtune(x, mask), mask) / (countOf(x, mask) + TORCHTUNE_EPSILON)

/** torchtune's default variance: Bessel's correction of the above, with n + 1e-8 elements. */
export const sampleVarianceTorchtune = (x: ArrayLike<number>, mask?: Counted): number => {
  const n = countOf(x, mask) + TORCHTUNE_EPSILON
  return n > 1.5 ? (populationVarianceTorchtune(x, mask) * n) / (n - 1) : 0
}

/** [rows] a statistic of each row of a row-major [rows, steps]. */
export const statisticByRow = (
  statistic: (x: ArrayLike<number>, mask?: Counted) => number,
  x: ArrayLike<number>,
  steps: number,
  mask?: Counted,
): Float64Array => {
  checkMask(x, mask)
  const rows = Math.ceil(x.length / steps)
  checkLengths('statisticByRow', `rows of ${steps} steps`, rows * steps, { x })
  return Float64Array.from({ length: rows }, (_, row) => {
    const cut = <A>(of: ArrayLike<A>): A[] => Array.from({ length: steps }, (_, t) => of[row * steps + t])
    return statistic(cut(x), mask === undefined ? undefined : cut(mask))
  })
}

/** x where it counts, 0 elsewhere, whatever stood there. */
export const zeroOutside = (x: ArrayLike<number>, mask: Counted): Float64Array => {
  checkMask(x, mask)
  return Float64Array.from(x, (value, i) => (counts(mask, i) ? value : 0))
}

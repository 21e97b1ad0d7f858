/**
 * Kish's effective sample size: how many equally weighted rows would be worth these.
 *
 *   ESS = (Σ w)² / Σ w²,   from 1 (one row has it all) to the number of rows; 0 where no weight is positive
 *
 * The scale of the weights does not matter (Kish 1965, Survey Sampling).
 *
 * @throws RangeError for a weight that is negative or not finite
 */
export const effectiveSampleSize = (weights: ArrayLike<number>): number => {
  let largest = 0
  for (let i = 0; i < weights.length; i++) {
    if (!(weights[i] >= 0 && weights[i] < Infinity))
      throw new RangeError(`effectiveSampleSize: weight ${i} is ${weights[i]}`)
    largest = Math.max(largest, weights[i])
  }
  if (largest === 0) return 0
  let sum = 0
  let squares = 0
  for (let i = 0; i < weights.length; i++) {
    const share = weights[i] / largest // so that no square overflows or vanishes
    sum += share
    squares += share * share
  }
  return (sum * sum) / squares
}

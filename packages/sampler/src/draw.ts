/** An action and the log-probability that the distribution it was drawn from gave it, nats. */
export interface Drawn {
  readonly token: number
  readonly logProb: number
}

/**
 * Draws an index by inverse CDF: the first whose cumulative probability exceeds u. An index of probability 0 is
 * never drawn; where rounding leaves the total below u, the last possible one is.
 *
 * @param probabilities [vocab] summing to 1
 * @param u             uniform in [0, 1)
 * @throws RangeError when no probability is positive
 */
export const draw = (probabilities: Float64Array, u: number): Drawn => {
  let cumulative = 0
  let token = -1
  for (let i = 0; i < probabilities.length; i++) {
    if (!(probabilities[i] > 0)) continue
    token = i
    cumulative += probabilities[i]
    if (cumulative > u) break
  }
  if (token < 0) throw new RangeError('no action has a positive probability')
  return { token, logProb: Math.log(probabilities[token]) }
}

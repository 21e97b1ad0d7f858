/** An action and the log-probability that the distribution it was drawn from gave it, nats. */
export interface Drawn {
  readonly token: number
  readonly logProb: number
}

/**
 * Draws an index by inverse CDF: the first whose cumulative probability exceeds u. An index of probability 0 is
 * never drawn; where rounding leaves the total below u, the last possible one is.
 *
 * @param weights [vocab] summing to 1 / scale
 * @param u       uniform in [0, 1)
 * @param scale   what makes probabilities of the weights
 * @throws RangeError when no probability is positive
 */
export const draw = (weights: Float64Array, u: number, scale: number = 1): Drawn => {
  let cumulative = 0
  let token = -1
  for (let i = 0; i < weights.length; i++) {
    const probability = weights[i] * scale
    if (!(probability > 0)) continue
    token = i
    cumulative += probability
    if (cumulative > u) break
  }
  if (token < 0) throw new RangeError('no action has a positive probability')
  return { token, logProb: Math.log(weights[token] * scale) }
}

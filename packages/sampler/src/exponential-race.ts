/**
 * Draws a token from softmax(logits / T) by a race of exponential clocks, given one uniform number for each token.
 *
 *   token = argmax_v p_v / (−ln u_v) = argmax_v (logit_v / T − ln(−ln u_v))
 *
 * The first to arrive of clocks of rates p is v with probability p_v: an exact draw whose randomness comes from
 * outside, as torchtune and gpt-fast have it; by the right-hand side it is the Gumbel-max trick. `draw` needs one
 * number instead of as many as there are tokens.
 *
 * @param logits      [vocab]; −∞ is never drawn
 * @param uniform     [vocab] within [0, 1]
 * @param temperature above 0; default 1
 * @throws RangeError where the lengths differ, or no token can be drawn
 */
export const exponentialRace = (
  logits: ArrayLike<number>,
  uniform: ArrayLike<number>,
  temperature: number = 1,
): number => {
  if (logits.length !== uniform.length)
    throw new RangeError(`exponentialRace: ${logits.length} logits and ${uniform.length} uniform numbers`)
  let winner = -1
  let best = -Infinity
  for (let token = 0; token < logits.length; token++) {
    // A clock of u = 1 would be at the goal before the start: it is given the least time there is.
    const clock = Math.max(-Math.log(uniform[token]), Number.MIN_VALUE)
    const score = logits[token] / temperature - Math.log(clock)
    if (score > best) [winner, best] = [token, score]
  }
  if (winner < 0) throw new RangeError('exponentialRace: no token can be drawn from these logits and uniform numbers')
  return winner
}

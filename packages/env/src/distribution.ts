/** Numbers in a row: plain or typed. All sums here are float64. */
type Numbers = ArrayLike<number>

const sameLength = (p: Numbers, q: Numbers): void => {
  if (p.length !== q.length) throw new RangeError(`distributions over ${p.length} and ${q.length} outcomes`)
}

/** Total variation of two distributions over the same outcomes: ½ Σ |p − q|, in [0, 1]. */
export const totalVariation = (p: Numbers, q: Numbers): number => {
  sameLength(p, q)
  let sum = 0
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i]! - q[i]!)
  return sum / 2
}

/** KL(p ‖ q) = Σ p log(p / q), nats; 0 log 0 = 0, Infinity where p > 0 = q, and NaN where p is. */
export const klDivergence = (p: Numbers, q: Numbers): number => {
  sameLength(p, q)
  let sum = 0
  for (let i = 0; i < p.length; i++) if (p[i] !== 0) sum += p[i]! * Math.log(p[i]! / q[i]!)
  return sum
}

/** log Σ exp(x) without overflow; −Infinity for no terms. */
export const logSumExp = (values: Numbers): number => {
  let largest = -Infinity
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i]!)
  if (!Number.isFinite(largest)) return largest
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - largest)
  return largest + Math.log(sum)
}

/** Probabilities p_i = exp(x_i) / Σ exp(x) of log-weights; all NaN when no weight is positive. */
export const normaliseLog = (logWeights: Numbers): Float64Array => {
  const logZ = logSumExp(logWeights)
  return Float64Array.from({ length: logWeights.length }, (_, i) => Math.exp(logWeights[i]! - logZ))
}

/** What becomes of a weight: itself within its limits, something else outside. */
export type Bound = (weight: number) => number

export interface Limits {
  /** Smallest weight that stays as it is; default 0. */
  readonly min?: number
  /** Largest weight that stays as it is; default none. */
  readonly max?: number
}

const checked = (caller: string, { min = 0, max = Infinity }: Limits): Required<Limits> => {
  if (!(min >= 0 && min <= max && max > 0))
    throw new RangeError(`${caller}: limits must be 0 ≤ min ≤ max and max > 0, found min ${min}, max ${max}`)
  return { min, max }
}

/** Weights outside of the limits become the limit: a bias for a bounded variance (Ionides 2008). */
export const truncated = (limits: Limits): Bound => {
  const { min, max } = checked('truncated', limits)
  return (weight) => Math.min(max, Math.max(min, weight))
}

/** Weights outside of the limits become 0: what is too far from the policy is not learned from at all. */
export const masked = (limits: Limits): Bound => {
  const { min, max } = checked('masked', limits)
  return (weight) => (weight < min || weight > max ? 0 : weight)
}

/** Weights as they are. */
export const unbounded: Bound = (weight) => weight

/**
 * An estimator, of rows or of tokens, with its weights bounded. Where the bound is the last thing that happens to a
 * weight, give it to `reweight` instead, which also says how many it changed.
 */
export const bounded =
  <Batch>(estimate: (batch: Batch) => Float32Array, bound: Bound): ((batch: Batch) => Float32Array) =>
  (batch) =>
    estimate(batch).map(bound)

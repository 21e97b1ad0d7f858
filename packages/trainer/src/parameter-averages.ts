const mustMatch = (caller: string, ...vectors: readonly Float32Array[]): void => {
  const lengths = new Set(vectors.map(({ length }) => length))
  if (lengths.size > 1) throw new RangeError(`${caller}: vectors of ${[...lengths].join(' and ')} numbers`)
}

/**
 * A reference that follows the policy (TR-DPO's soft update):
 *
 *   reference' = α · policy + (1 − α) · reference
 *
 * Vectors are as in `TrainingState`; α = 1 makes the reference the policy of now (the hard update).
 *
 * @param alpha from 0 to 1; TRL's default 0.6, every 512 steps
 * @throws RangeError for an α outside of its range, or vectors of different lengths
 * @see Gorbatovski et al. 2024, arXiv:2404.09656; TRL `SyncRefModelCallback`
 * @example softUpdate(reference, learner.state().parameters)
 */
export const softUpdate = (reference: Float32Array, policy: Float32Array, alpha: number = 0.6): Float32Array => {
  if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`softUpdate: alpha must be from 0 to 1, found ${alpha}`)
  mustMatch('softUpdate', reference, policy)
  return policy.map((x, i) => alpha * x + (1 - alpha) * reference[i]!)
}

export interface BemaOptions {
  /** ρ, which keeps the first weights below 1; default 10. */
  readonly lag?: number
  /** γ, what a step counts for; default 1. */
  readonly multiplier?: number
  /** κ of the average's weight β_t = (ρ + γ t)^−κ; default 0.5. */
  readonly emaPower?: number
  /** η of the correction's weight α_t = (ρ + γ t)^−η; default 0.2. */
  readonly biasPower?: number
}

/** An average of the parameters of a run, with and without the correction for its lag. */
export interface Bema {
  readonly average: Float32Array
  readonly corrected: Float32Array
}

/**
 * Bias-corrected exponential moving average: an average of a run's parameters that does not lag behind them.
 *
 *   average' = (1 − β_t) · average + β_t · θ_t,   corrected = average' + α_t · (θ_t − θ_0)
 *
 * The corrected one is what is evaluated or saved; the plain one goes on to the next step.
 *
 * @param first   θ_0, the parameters that the run began with
 * @param average that of the step before; θ_0 at the first
 * @throws RangeError for vectors of different lengths, or a step at which ρ + γ t is not above 0
 * @see Block and Zhang 2025, arXiv:2508.00180; TRL `BEMACallback`
 */
export const bema =
  ({ lag = 10, multiplier = 1, emaPower = 0.5, biasPower = 0.2 }: BemaOptions = {}) =>
  (step: number, first: Float32Array, parameters: Float32Array, average: Float32Array): Bema => {
    mustMatch('bema', first, parameters, average)
    const time = lag + multiplier * step
    if (!(time > 0)) throw new RangeError(`bema: lag + multiplier · step must be above 0, found ${time}`)
    const [beta, alpha] = [time ** -emaPower, time ** -biasPower]
    const next = average.map((x, i) => (1 - beta) * x + beta * parameters[i]!)
    return { average: next, corrected: next.map((x, i) => x + alpha * (parameters[i]! - first[i]!)) }
  }

/** What a rollout showed of the divergence from the reference. */
export interface ObservedKL {
  /** Mean over what `samples` counts, nats: of completions in TRL, of tokens in RL4LMs. */
  readonly kl: number
  /** Completions of the rollout. */
  readonly samples: number
}

/** The next coefficient of the KL penalty, of the one that was and of what it led to. The coefficient is the state. */
export type KLController = (coefficient: number, observed: ObservedKL) => number

/** The coefficient stays: torchtune, TRL since 0.12. */
export const fixedKL: KLController = (coefficient) => coefficient

const clamp = (x: number, most: number): number => Math.min(most, Math.max(-most, x))

const checkTarget = (caller: string, target: number): number => {
  if (!(target > 0 && target < Infinity)) throw new RangeError(`${caller}: target must be above 0, found ${target}`)
  return target
}

export interface AdaptiveKLOptions {
  /** Nats, above 0. */
  readonly target: number
  /** Completions, above 0. */
  readonly horizon: number
}

/**
 * Raises the coefficient where the divergence is above its target, by at most a fifth in `horizon` completions.
 *
 *   c ← c (1 + clip(KL / target − 1, ±0.2) · samples / horizon)
 *
 * @param options.target  nats, above 0
 * @param options.horizon completions
 * @throws RangeError for a target or a horizon that is not above 0
 * @see Ziegler et al. 2019, arXiv:1909.08593; TRL ≤ 0.11 AdaptiveKLController
 */
export const adaptiveKL = ({ target, horizon }: AdaptiveKLOptions): KLController => {
  const aim = checkTarget('adaptiveKL', target)
  if (!(horizon > 0)) throw new RangeError(`adaptiveKL: horizon must be above 0, found ${horizon}`)
  return (coefficient, { kl, samples }) => coefficient * (1 + (clamp(kl / aim - 1, 0.2) * samples) / horizon)
}

/**
 * The same by a tenth of the clipped error a rollout, however many completions it had.
 *
 *   c ← c (1 + 0.1 · clip((KL − target) / target, ±0.2))
 *
 * @param options.target nats, above 0
 * @throws RangeError for a target that is not above 0
 * @see RL4LMs KLController
 */
export const adaptiveKLPerRollout = ({ target }: { readonly target: number }): KLController => {
  const aim = checkTarget('adaptiveKLPerRollout', target)
  return (coefficient, { kl }) => coefficient * (1 + 0.1 * clamp((kl - aim) / aim, 0.2))
}

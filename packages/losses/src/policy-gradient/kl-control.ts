import { aboveZero, atLeastZero } from './check-options.ts'

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

/** How far the divergence is above its target, in targets, within ±0.2; 0 where it is not known. */
const errorOf = (kl: number, target: number): number => (Number.isNaN(kl) ? 0 : clamp(kl / target - 1, 0.2))

export interface AdaptiveKLOptions {
  /** Nats, above 0. */
  readonly target: number
  /** Completions, above 0. */
  readonly horizon: number
}

/**
 * Raises the coefficient where the divergence is above its target, by at most a fifth in `horizon` completions.
 *
 *   c ← c (1 + clip(KL / target − 1, ±0.2) · min(1, samples / horizon))
 *
 * TRL has no minimum: there a rollout of more than 5 horizons with little divergence makes the coefficient negative,
 * which pays for divergence from then on. A divergence that is not known (NaN) leaves the coefficient as it is.
 *
 * @param options.target  nats, above 0
 * @param options.horizon completions
 * @throws RangeError for a target or a horizon that is not above 0; from the controller for a coefficient or a number
 *   of samples below 0
 * @see Ziegler et al. 2019, arXiv:1909.08593; TRL ≤ 0.11 AdaptiveKLController
 */
export const adaptiveKL = ({ target, horizon }: AdaptiveKLOptions): KLController => {
  aboveZero('adaptiveKL', { target, horizon })
  return (coefficient, { kl, samples }) => {
    atLeastZero('adaptiveKL', { coefficient, samples })
    return coefficient * (1 + errorOf(kl, target) * Math.min(1, samples / horizon))
  }
}

/**
 * The same by a tenth of the clipped error a rollout, however many completions it had.
 *
 *   c ← c (1 + 0.1 · clip((KL − target) / target, ±0.2))
 *
 * A divergence that is not known (NaN) leaves the coefficient as it is.
 *
 * @param options.target nats, above 0
 * @throws RangeError for a target that is not above 0; from the controller for a coefficient below 0
 * @see RL4LMs KLController
 */
export const adaptiveKLPerRollout = ({ target }: { readonly target: number }): KLController => {
  aboveZero('adaptiveKLPerRollout', { target })
  return (coefficient, { kl }) => {
    atLeastZero('adaptiveKLPerRollout', { coefficient })
    return coefficient * (1 + 0.1 * errorOf(kl, target))
  }
}

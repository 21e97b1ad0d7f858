import { optionsOf } from '../options-of.ts'
import { atLeastZero, finiteOptions } from './check-options.ts'

/** The weight of an entropy bonus that changes. A value: the next one is made of it and of the entropy it led to. */
export interface EntropyBonus {
  /** What is raised and lowered. */
  readonly coefficient: number
  /** The weight to learn with: the coefficient, or 0 where there is entropy enough. */
  readonly applied: number
}

/** The next bonus, of the one that was and of the mean entropy of a token at that update, nats. */
export type EntropyController = (bonus: EntropyBonus, entropy: number) => EntropyBonus

export interface AdaptiveEntropyOptions {
  /** Nats per token, at least 0. Default 0.2 (TRL): only what has nearly collapsed is below. */
  readonly target?: number
  /** What an update changes the coefficient by. Default 0.005. */
  readonly step?: number
  /** Range of the coefficient. Default 0 to 1. */
  readonly least?: number
  readonly most?: number
}

/** A bonus before anything was seen: it is applied. */
export const startingBonus = (coefficient: number): EntropyBonus => {
  atLeastZero('startingBonus', { coefficient })
  return { coefficient, applied: coefficient }
}

/**
 * Raises the coefficient of an entropy bonus by a step while the entropy is at or below its target, lowers it by one
 * while it is above, and applies it only where it is not.
 *
 *   c ← min(c + Δ, most) where H ≤ target, max(c − Δ, least) elsewhere;   applied = c · [H ≤ target]
 *
 * An entropy that is not known (NaN) leaves the bonus as it is. What is applied goes into a loss as its input
 * `entropyBonus`, so that a compiled step stays the same.
 *
 * @throws RangeError for an option below 0 or a range that is none
 * @see He et al. 2025, "Skywork Open Reasoner 1", arXiv:2505.22312; TRL `use_adaptive_entropy`
 * @example
 * const control = adaptiveEntropy({ target: 0.5 })
 * control(startingBonus(0.01), 0.4) // { coefficient: 0.015, applied: 0.015 }
 */
export const adaptiveEntropy = (options: AdaptiveEntropyOptions = {}): EntropyController => {
  const { target, step, least, most } = optionsOf('adaptiveEntropy', options, {
    target: 0.2,
    step: 0.005,
    least: 0,
    most: 1,
  })
  atLeastZero('adaptiveEntropy', { target, step, least, most })
  if (least > most) throw new RangeError(`adaptiveEntropy: least must be at most ${most}, found ${least}`)
  return (bonus, entropy) => {
    finiteOptions('adaptiveEntropy', { coefficient: bonus.coefficient })
    if (Number.isNaN(entropy)) return bonus
    if (entropy > target) return { coefficient: Math.max(bonus.coefficient - step, least), applied: 0 }
    const coefficient = Math.min(bonus.coefficient + step, most)
    return { coefficient, applied: coefficient }
  }
}

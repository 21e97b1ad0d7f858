import { checkLengths } from '../check-lengths.ts'
import { checkCells } from './check-cells.ts'
import { fractions } from './check-options.ts'
import type { Counted } from './masked-statistics.ts'

export interface RewardsAndValues {
  /** [rows, steps] row-major reward of each action */
  readonly rewards: ArrayLike<number>
  /** [rows, steps] row-major V(s_t), of the state that the action was taken in */
  readonly values: ArrayLike<number>
  readonly steps: number
  /** [rows, steps] where there is a state; elsewhere reward and value count as 0, whatever is there. Default all. */
  readonly valid?: Counted
  /** Discount. Default 1. */
  readonly gamma?: number
  /** λ: 0 is one-step TD, 1 Monte Carlo. Default 0.95. */
  readonly lambda?: number
}

export interface Advantages {
  /** [rows, steps] not whitened */
  readonly advantages: Float64Array
  /** [rows, steps] advantage + V: what the value is to become */
  readonly returns: Float64Array
}

/**
 * Generalised advantage estimation, in float64.
 *
 *   δ_t = r_t + γ V_{t+1} − V_t,   A_t = δ_t + γ λ A_{t+1},   V past the end is 0
 *
 * Whitening is a choice of its own: `whitenCentred` (TRL), `whitenTorchtune`, `whitenBiased` (HALOs), `standardise`.
 *
 * @returns advantages and returns [rows, steps]
 * @throws RangeError where rewards and values are not rows of `steps`, for a γ or λ that is not within 0 and 1, and for
 *   a reward or a value that counts and is not finite: it would be in every advantage before it
 * @see Schulman et al. 2016, arXiv:1506.02438
 * @example
 * const { advantages, returns } = generalisedAdvantages({ rewards, values, steps: 53, gamma: 1, lambda: 0.95 })
 * const advantage = zeroOutside(whitenCentred(advantages, mask), mask)
 */
export const generalisedAdvantages = (given: RewardsAndValues): Advantages => {
  const { rewards, values, steps, valid, gamma = 1, lambda = 0.95 } = given
  const caller = 'generalisedAdvantages'
  checkLengths(caller, 'one a reward', rewards.length, { values, valid })
  checkLengths(caller, `rows of ${steps} steps`, steps * Math.ceil(rewards.length / steps), { rewards })
  fractions(caller, { gamma, lambda })
  const counts = (i: number): boolean => valid === undefined || Number(valid[i]) !== 0
  const at = (x: ArrayLike<number>, i: number): number => (counts(i) ? x[i] : 0)
  checkCells(caller, steps, counts, { rewards, values })
  const advantages = new Float64Array(rewards.length)
  for (let i = rewards.length - 1; i >= 0; i--) {
    const last = i % steps === steps - 1
    const next = last ? 0 : at(values, i + 1)
    const onward = last ? 0 : advantages[i + 1]
    advantages[i] = at(rewards, i) + gamma * next - at(values, i) + gamma * lambda * onward
  }
  return { advantages, returns: advantages.map((advantage, i) => advantage + at(values, i)) }
}

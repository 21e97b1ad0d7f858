import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import type { Sharing } from '../sharing.ts'
import { atLeastZero } from './check-options.ts'
import { ratioOf } from './ratio.ts'
import type { Tokens } from './tokens.ts'

/** What a token costs, by its ratio and its advantage, and what there is to say of it. */
export interface Surrogated {
  /** [rows, steps] to be minimised */
  readonly cost: tf.Tensor2D
  /** [rows, steps] numbers whose mean is worth logging */
  readonly told: Readonly<Record<string, tf.Tensor2D>>
}

/** What is made of a log-ratio [rows, steps], nats. */
export type Surrogate = (tokens: Tokens, logWeight: tf.Tensor2D) => Surrogated

export interface ClipOptions {
  /**
   * 0 ≤ ε_low ≤ 1: a ratio below 1 − ε_low earns no more for an action that is to be rarer. Default 0.2; at 1 none is
   * held back, for no ratio is below 0.
   */
  readonly epsilon?: number
  /** ε_high: a ratio above 1 + ε_high earns no more for an action that is to be likelier. Default `epsilon`. */
  readonly epsilonHigh?: number
  /**
   * δ > 1: the largest ratio that an action to be made rarer is charged for, which leaves the plain clip unbounded
   * (INTELLECT-2's two-sided clip, arXiv:2505.07291, where δ > 1 + ε_high; TRL `delta`, which takes less, too). Default
   * none.
   */
  readonly delta?: number
}

export const CLIP_OPTIONS = ['epsilon', 'epsilonHigh', 'delta'] as const

/** Options of a clip, checked; throws a RangeError that names the caller. */
export const clipOf = (
  caller: string,
  { epsilon = 0.2, epsilonHigh = epsilon, delta = Infinity }: ClipOptions,
): Required<ClipOptions> => {
  atLeastZero(caller, { epsilon, epsilonHigh })
  if (epsilon > 1) throw new RangeError(`${caller}: epsilon must be at most 1, found ${epsilon}`)
  // At 1 or less it would hold back what the policy that drew the tokens still has to learn.
  if (!(delta > 1)) throw new RangeError(`${caller}: delta must be above 1, found ${delta}`)
  return { epsilon, epsilonHigh, delta }
}

/** 1 where both hold; a product, for not every device has the conjunction. */
export const both = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  tf.mul(tf.cast(a, 'float32'), tf.cast(b, 'float32'))

/** Where a clip holds a token back: 1 there, 0 elsewhere. */
interface Clipped {
  readonly low: tf.Tensor2D
  readonly high: tf.Tensor2D
}

/** Tokens whose ratio has left [1 − ε_low, 1 + ε_high] on the side where the advantage pushes it. */
const clippedAt = (
  { advantage }: Tokens,
  ratio: tf.Tensor2D,
  { epsilon, epsilonHigh }: Required<ClipOptions>,
): Clipped => ({
  low: both(tf.less(ratio, 1 - epsilon), tf.less(advantage, 0)),
  high: both(tf.greater(ratio, 1 + epsilonHigh), tf.greater(advantage, 0)),
})

/** −min(min(ρ, δ) A, clip(ρ, 1 − ε_low, 1 + ε_high) A): the pessimistic clip of PPO. */
export const pessimisticClip =
  (clip: Required<ClipOptions>): Surrogate =>
  (tokens, logWeight) => {
    const ratio = ratioOf(logWeight)
    const { advantage } = tokens
    const { low, high } = clippedAt(tokens, ratio, clip)
    const held = tf.clipByValue(ratio, 1 - clip.epsilon, 1 + clip.epsilonHigh)
    const free = clip.delta === Infinity ? ratio : tf.minimum<tf.Tensor2D>(ratio, clip.delta)
    return {
      cost: tf.neg(tf.minimum(tf.mul(free, advantage), tf.mul(held, advantage))),
      told: { 'clip_ratio/low_mean': low, 'clip_ratio/high_mean': high, 'clip_ratio/region_mean': tf.add(low, high) },
    }
  }

/** −ρ A, as it is. */
export const plainRatio: Surrogate = ({ advantage }, logWeight) => ({
  cost: tf.neg(tf.mul(ratioOf(logWeight), advantage)),
  told: {},
})

/** −sg(w) A log π: a score function whose weight w no gradient flows through. */
export const scoreFunction = ({ advantage, logProb }: Tokens, weight: tf.Tensor2D): tf.Tensor2D =>
  tf.neg(tf.mul(tf.mul(detach(weight), advantage), logProb))

/** Means of what a surrogate tells, over what its ratio is of and is not ruled out. */
export const toldMeans = (
  told: Surrogated['told'],
  tokens: Tokens,
  averaged: Sharing,
): Readonly<Record<string, tf.Scalar>> => {
  const { share } = averaged(tokens.told)
  return Object.fromEntries(Object.entries(told).map(([name, x]) => [name, tf.sum<tf.Scalar>(tf.mul(share, x))]))
}

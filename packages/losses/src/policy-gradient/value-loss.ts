import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { optionsOf } from '../options-of.ts'
import { FAR_REWARD, anyRuledOut, finite, untaught } from '../ruled-out.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { aboveZero } from './check-options.ts'

export interface ValueInputs {
  /** [rows, steps] V(s_t) now, in units of reward. Anything where the mask is 0, NaN included. */
  readonly value: tf.Tensor2D
  /** [rows, steps] V(s_t) when the completion was drawn; a constant */
  readonly oldValue: tf.Tensor2D
  /** [rows, steps] what V(s_t) should have been: `returns` of `generalisedAdvantages`; a constant */
  readonly returns: tf.Tensor2D
  /** [rows, steps] 1 where a state is learned from. TRL's and torchtune's holds one state more than the policy's. */
  readonly mask: tf.Tensor2D
}

interface Settled extends Omit<ValueInputs, 'mask'> {
  readonly live: tf.Tensor2D
  /** 1 where a state counts that is not ruled out: of these metrics tell */
  readonly told: tf.Tensor2D
}

const settled = (caller: string, { value, oldValue, returns, mask }: ValueInputs): Settled => {
  checkRank(caller, 'value', value, ['rows', 'steps'])
  const [rows, steps] = value.shape
  for (const [name, x] of Object.entries({ oldValue, returns, mask })) checkShape(caller, name, x, { rows, steps })
  const counts = tf.greater<tf.Tensor2D>(tf.cast(mask, 'float32'), 0)
  const live = tf.cast<tf.Tensor2D>(counts, 'float32')
  const settle = (x: tf.Tensor2D): tf.Tensor2D => finite(tf.where(counts, x, tf.zerosLike(live)), FAR_REWARD)
  const [now, old, aim] = [settle(value), settle(oldValue), settle(returns)]
  const lost = anyRuledOut([now, old, aim], FAR_REWARD)
  return { value: untaught(lost, now), oldValue: old, returns: aim, live, told: tf.mul(live, tf.sub(1, lost)) }
}

const near = (value: tf.Tensor2D, oldValue: tf.Tensor2D, clipRange: number): tf.Tensor2D =>
  tf.add(oldValue, tf.clipByValue(tf.sub(value, oldValue), -clipRange, clipRange))

export interface ClippedValueOptions {
  /** How far V may move from its old value before it earns no more. Default 0.2. */
  readonly clipRange?: number
  /** Default `tokenMean`. */
  readonly sharing?: Sharing
}

/**
 * PPO's value loss with a pessimistic clip, halved.
 *
 *   term_t = ½ max((V − R)², (V_old + clip(V − V_old, −c, c) − R)²),   loss = Σ terms / states
 *
 * torchtune and TRL, who add 0.1 times of it to the policy's loss.
 *
 * @param options.clipRange c in units of reward, default 0.2
 * @param options.sharing   default `tokenMean`
 * @param inputs            see ValueInputs: [rows, steps], in units of reward
 * @returns terms [rows, steps], reward²; metrics val/clipfrac_avg (where the clip binds)
 * @throws RangeError for a wrong shape or clip
 * @see torchtune PPOLoss; TRL PPOTrainer (`cliprange_value`)
 * @example reduce(clippedValueLoss()({ value, oldValue, returns, mask }), weight)
 */
export const clippedValueLoss = (options: ClippedValueOptions = {}): ((inputs: ValueInputs) => Terms) => {
  const { clipRange, sharing } = optionsOf('clippedValueLoss', options, { clipRange: 0.2, sharing: tokenMean })
  aboveZero('clippedValueLoss', { clipRange })
  return (inputs) => {
    const { value, oldValue, returns, live, told } = settled('clippedValueLoss', inputs)
    const free = tf.square(tf.sub(value, returns))
    const held = tf.square(tf.sub(near(value, oldValue, clipRange), returns))
    const bound = tf.cast(tf.greater(held, free), 'float32')
    return {
      terms: tf.mul(0.5, tf.maximum(free, held)),
      ...sharing(live),
      metrics: { 'val/clipfrac_avg': tf.sum(tf.mul(sharing(told).share, bound)) },
    }
  }
}

export interface SquaredValueOptions {
  /** The change of V past which its value is taken to be V_old ± clip, and its gradient 0. Default none. */
  readonly clipRange?: number
  /** Default `tokenMean`. */
  readonly sharing?: Sharing
}

/**
 * The squared error of a value, not halved.
 *
 *   term_t = (V − R)²,   loss = Σ terms / states
 *
 * Stable-Baselines3 and RL4LMs, who add 0.5 times of it to the policy's loss; with SB3's `clip_range_vf`, V is
 * V_old + clip(V − V_old, −c, c), without the maximum of `clippedValueLoss`.
 *
 * @param options.clipRange c in units of reward, default none
 * @param options.sharing   default `tokenMean`
 * @param inputs            see ValueInputs: [rows, steps], in units of reward
 * @returns terms [rows, steps], reward²; metrics value_loss
 * @throws RangeError for a wrong shape or clip
 * @see Stable-Baselines3 PPO
 * @example reduce(squaredValueLoss()({ value, oldValue, returns, mask }), weight)
 */
export const squaredValueLoss = (options: SquaredValueOptions = {}): ((inputs: ValueInputs) => Terms) => {
  const { clipRange, sharing } = optionsOf('squaredValueLoss', options, { clipRange: Infinity, sharing: tokenMean })
  aboveZero('squaredValueLoss', { clipRange })
  return (inputs) => {
    const { value, oldValue, returns, live, told } = settled('squaredValueLoss', inputs)
    const predicted = clipRange === Infinity ? value : near(value, oldValue, clipRange)
    const terms = tf.square(tf.sub(predicted, returns))
    return { terms, ...sharing(live), metrics: { value_loss: tf.sum(tf.mul(sharing(told).share, terms)) } }
  }
}

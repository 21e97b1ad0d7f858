import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkShape } from '../check-shape.ts'
import { optionsOf } from '../options-of.ts'
import { anyRuledOut, finite, untaught } from '../ruled-out.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { only } from './trajectory-inputs.ts'

/** exp of a log-ratio within ±20 is nothing that fp32 cannot hold, and past it a ratio says nothing more. */
const LARGEST_LOG_RATIO = 20

export interface EntropicPPOInputs {
  /** [rows, steps] log P_F of the actions now, nats; see `actionsOf`. Anything where the mask is 0, NaN included. */
  readonly logProb: tf.Tensor2D
  /** [rows, steps] the same when they were drawn: a constant. */
  readonly oldLogProb: tf.Tensor2D
  /** [rows, steps] A of `softAdvantages` under the policy that drew them: a constant. */
  readonly advantage: tf.Tensor2D
  /** [rows, steps] 1 where an action was taken */
  readonly mask: tf.Tensor2D
  /**
   * [rows, steps] KL(P_F ‖ P_old) at each state, exact, from both distributions, nats. Default: estimated from the
   * action taken, ρ log ρ − ρ + 1, whose mean under P_old it is.
   */
  readonly divergence?: tf.Tensor2D
}

export interface EntropicPPOOptions {
  readonly epsilon?: number
  readonly epsilonHigh?: number
  readonly beta?: number
  readonly sharing?: Sharing
}

/**
 * Entropic proximal policy optimisation: PPO for soft rewards, held near the policy that drew the batch by its
 * divergence as well as by the clip. A GFlowNet trained by policy gradients on batches used more than once.
 *
 *   term_t = −min(ρ_t A_t, clip(ρ_t, 1 − ε_low, 1 + ε_high) A_t) + β KL(P_F ‖ P_old | s_t)
 *   ρ_t = P_F(a_t | s_t) / P_old(a_t | s_t)
 *
 * The entropy is in the advantages (`softRewards`), so there is no entropy bonus.
 *
 * @param options.epsilon     ε_low ≥ 0, default 0.2
 * @param options.epsilonHigh ε_high ≥ 0, default `epsilon`
 * @param options.beta        β ≥ 0, default 1
 * @param options.sharing     how the actions share the loss, default `tokenMean`
 * @returns terms [rows, steps]. Metrics: surrogate, kl, clip_ratio/region_mean (means over the actions)
 * @throws RangeError for a wrong shape or option
 * @see torchgfn gflownet/policy_gradient.py; "Entropic PPO" 2026, arXiv:2606.15793
 * @example
 * const advantage = softAdvantages({ lambda: 0.7 })({ ...batch, values })
 * reduce(entropicPPO()({ ...actionsOf(batch), oldLogProb, advantage }), weight)
 */
export const entropicPPO = (options: EntropicPPOOptions = {}): ((inputs: EntropicPPOInputs) => Terms) => {
  const name = 'entropicPPO'
  const { epsilon, epsilonHigh, beta, sharing } = optionsOf(name, options, {
    epsilon: 0.2,
    epsilonHigh: options.epsilon ?? 0.2,
    beta: 1,
    sharing: tokenMean,
  })
  for (const [option, x] of Object.entries({ epsilon, epsilonHigh, beta }))
    if (!(x >= 0 && x < Infinity)) throw new RangeError(`${name}: ${option} must be at least 0, found ${x}`)
  return ({ logProb, oldLogProb, advantage, mask, divergence }) => {
    checkRank(name, 'logProb', logProb, ['rows', 'steps'])
    const [rows, steps] = logProb.shape
    for (const [input, x] of Object.entries({ oldLogProb, advantage, mask, divergence }))
      if (x !== undefined) checkShape(name, input, x, { rows, steps })
    const counts = tf.greater<tf.Tensor2D>(tf.cast(mask, 'float32'), 0)
    const settle = (x: tf.Tensor2D): tf.Tensor2D => finite(only(counts, x))
    const [now, old, gain] = [settle(logProb), settle(oldLogProb), settle(advantage)]
    const given = divergence === undefined ? undefined : settle(divergence)
    const lost = anyRuledOut([now, old, gain, ...(given === undefined ? [] : [given])])
    const logRatio = untaught(lost, tf.sub<tf.Tensor2D>(now, old))
    const held = tf.clipByValue(logRatio, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO)
    const ratio = tf.exp(held)
    const clipped = tf.mul<tf.Tensor2D>(tf.clipByValue(ratio, 1 - epsilon, 1 + epsilonHigh), gain)
    const free = tf.mul<tf.Tensor2D>(ratio, gain)
    const surrogate = tf.minimum<tf.Tensor2D>(free, clipped)
    const kl = given === undefined ? tf.sub<tf.Tensor2D>(tf.mul(ratio, held), tf.sub(ratio, 1)) : untaught(lost, given)
    const { share } = tokenMean(tf.mul(tf.cast(counts, 'float32'), tf.sub(1, lost)))
    const mean = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(share, x))
    return {
      terms: tf.sub(tf.mul(beta, kl), surrogate),
      ...sharing(mask),
      metrics: {
        surrogate: mean(surrogate),
        kl: mean(kl),
        'clip_ratio/region_mean': mean(tf.cast(tf.less(clipped, free), 'float32')),
      },
    }
  }
}

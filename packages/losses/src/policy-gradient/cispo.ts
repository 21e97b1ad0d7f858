import * as tf from '@tensorflow/tfjs-core'
import { tokenMean } from '../sharing.ts'
import { aboveZero } from './check-options.ts'
import { type PolicyGradientLoss, type PolicyGradientOptions, policyGradient } from './policy-gradient.ts'
import { ratioOf, tokenRatio } from './ratio.ts'
import { type Surrogate, both, scoreFunction } from './surrogate.ts'

export interface CISPOOptions extends PolicyGradientOptions {
  /** The largest ratio a token counts with. Default 5. */
  readonly cap?: number
}

const capped =
  (cap: number): Surrogate =>
  (tokens, logWeight) => {
    const ratio = ratioOf(logWeight)
    return {
      cost: scoreFunction(tokens, tf.minimum(ratio, cap)),
      told: { cispo_clip_ratio: both(tf.greater(ratio, cap), tf.greater(tokens.advantage, 0)) },
    }
  }

/**
 * Clipped importance-sampling weights: every token learns, its weight is what is clipped.
 *
 *   term_t = −sg(min(ρ_t, cap)) A log π(y_t),   loss = Σ terms / tokens
 *
 * `cap` is the ratio itself, as TRL's `epsilon_high` is for this loss; the paper's 1 + ε_high is `cap = 1 + ε_high`.
 *
 * @param options.cap     default 5
 * @param options.sharing how the tokens share the loss, default `tokenMean`
 * @param options         others: see PolicyGradientOptions
 * @param inputs          see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics cispo_clip_ratio (capped tokens of positive advantage), kl, entropy
 * @throws RangeError for a wrong shape or cap
 * @see MiniMax 2025, "MiniMax-M1", arXiv:2506.13585; TRL `loss_type="cispo"`
 * @example reduce(cispo({ cap: 5 })({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const cispo = ({ cap = 5, ...options }: CISPOOptions = {}): PolicyGradientLoss => {
  aboveZero('cispo', { cap })
  return policyGradient(
    { name: 'cispo', level: tokenRatio, surrogate: capped(cap), sharing: tokenMean, own: ['cap'] },
    options,
  )
}

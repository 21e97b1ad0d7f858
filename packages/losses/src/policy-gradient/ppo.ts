import * as tf from '@tensorflow/tfjs-core'
import { tokenMean } from '../sharing.ts'
import { k2, k3 } from './kl-estimators.ts'
import { type ClippedOptions, type PolicyGradientLoss, policyGradient } from './policy-gradient.ts'
import { ratioOf, tokenRatio } from './ratio.ts'
import { type ClipOptions, type Surrogate, CLIP_OPTIONS, clipOf, pessimisticClip } from './surrogate.ts'

/** What TRL and SB3 log of an update beside its loss, token by token. */
const observed =
  (clip: Required<ClipOptions>): Surrogate =>
  (tokens, logWeight) => {
    const { logProb, logRatio } = tokens
    const ratio = ratioOf(logWeight)
    const { cost, told } = pessimisticClip(clip)(tokens, logWeight)
    const before = tf.sub<tf.Tensor2D>(logProb, logRatio)
    const outside = [tf.less(ratio, 1 - clip.epsilon), tf.greater(ratio, 1 + clip.epsilonHigh)].map((x) =>
      tf.cast(x, 'float32'),
    )
    return {
      cost,
      told: {
        'policy/approxkl_avg': k2(logProb, before),
        'policy/clipfrac_avg': told['clip_ratio/region_mean'],
        'val/ratio': ratio,
        approx_kl: k3(before, logProb),
        clip_fraction: tf.addN(outside) as tf.Tensor2D,
      },
    }
  }

/**
 * The policy's part of proximal policy optimisation: the clipped surrogate objective, token by token.
 *
 *   term_t = −min(ρ_t A_t, clip(ρ_t, 1 − ε, 1 + ε) A_t),   loss = Σ terms / tokens
 *
 * A_t is `generalisedAdvantages`, whitened by the convention that the name of the whitening says. torchtune and TRL
 * average over the tokens of the batch, as here; Stable-Baselines3 and RL4LMs over a flat buffer, which is the same
 * of rows of one step. Beside it go `clippedValueLoss` or `squaredValueLoss`, put together by `sumOfLosses`.
 *
 * @param options.epsilon      ε, default 0.2
 * @param options.entropyBonus default 0 (SB3 `ent_coef`)
 * @param options.sharing      how the tokens share the loss, default `tokenMean`
 * @param options              others: see ClippedOptions
 * @param inputs               see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics policy/approxkl_avg (k2), policy/clipfrac_avg, val/ratio (TRL), approx_kl (k3),
 *          clip_fraction (whatever the sign of A; SB3), all of them means over tokens, and entropy
 * @throws RangeError for a wrong shape or option
 * @see Schulman et al. 2017, arXiv:1707.06347; torchtune PPOLoss, TRL PPOTrainer, SB3 PPO
 * @example reduce(ppoPolicy({ epsilon: 0.2 })({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const ppoPolicy = (options: ClippedOptions = {}): PolicyGradientLoss => {
  const surrogate = observed(clipOf('ppoPolicy', options))
  return policyGradient(
    { name: 'ppoPolicy', level: tokenRatio, surrogate, sharing: tokenMean, own: CLIP_OPTIONS },
    options,
  )
}

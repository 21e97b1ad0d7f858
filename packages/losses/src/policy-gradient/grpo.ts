import { fixedLength, sequenceMean, tokenMean } from '../sharing.ts'
import { type ClippedOptions, type PolicyGradientLoss, policyGradient } from './policy-gradient.ts'
import { tokenRatio } from './ratio.ts'
import { CLIP_OPTIONS, clipOf, pessimisticClip } from './surrogate.ts'

/**
 * Group relative policy optimisation: PPO's clip with the advantage of a completion among those of its prompt.
 *
 *   term_t = −min(ρ_t A, clip(ρ_t, 1 − ε_low, 1 + ε_high) A) + β KL_t,   ρ_t = π(y_t) / π_old(y_t)
 *   loss   = mean over completions of the mean over their tokens
 *
 * A is `groupAdvantages` of the rewards. The mean within a completion favours short right answers and long wrong
 * ones; `drGRPO` and `dapo` do not. TRL `loss_type="grpo"`; torchtune's GRPOSimpleLoss without `oldLogProb`.
 *
 * @param options.epsilon     ε_low, default 0.2
 * @param options.epsilonHigh ε_high, default `epsilon`
 * @param options.delta       δ of the two-sided clip (INTELLECT-2), default none
 * @param options.beta        weight of KL(π ‖ π_ref), default 0
 * @param options.sharing     how the tokens share the loss, default `sequenceMean`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics clip_ratio/low_mean, clip_ratio/high_mean, clip_ratio/region_mean, kl, entropy
 * @throws RangeError for a wrong shape or option, or β > 0 without a reference
 * @see Shao et al. 2024, "DeepSeekMath", arXiv:2402.03300
 * @example reduce(grpo({ beta: 0.04 })({ logProb, oldLogProb, referenceLogProb, advantage, mask }), weight)
 */
export const grpo = (options: ClippedOptions = {}): PolicyGradientLoss =>
  policyGradient(
    {
      name: 'grpo',
      level: tokenRatio,
      surrogate: pessimisticClip(clipOf('grpo', options)),
      sharing: sequenceMean,
      own: CLIP_OPTIONS,
    },
    options,
  )

/**
 * GRPO done right: every token weighs the same constant, so that no length is favoured.
 *
 *   term_t as in GRPO,   loss = Σ terms / (completions · L)
 *
 * Its advantages are not divided by a deviation: `groupAdvantages` with `scale: 'none'`. TRL `loss_type="dr_grpo"`.
 *
 * @param options.maxLength   L, the most tokens that a completion may have
 * @param options.epsilon     ε_low, default 0.2
 * @param options.epsilonHigh ε_high, default `epsilon`
 * @param options.sharing     how the tokens share the loss, default `fixedLength(maxLength)`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics as `grpo`
 * @throws RangeError for a wrong shape or option
 * @see Liu et al. 2025, "Understanding R1-Zero-like training", arXiv:2503.20783
 * @example reduce(drGRPO({ maxLength: 256 })({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const drGRPO = (options: ClippedOptions & { readonly maxLength: number }): PolicyGradientLoss =>
  policyGradient(
    {
      name: 'drGRPO',
      level: tokenRatio,
      surrogate: pessimisticClip(clipOf('drGRPO', options)),
      sharing: fixedLength(options.maxLength),
      own: [...CLIP_OPTIONS, 'maxLength'],
    },
    options,
  )

/**
 * Decoupled clip and token mean: GRPO with more room upwards, and every token of the batch alike.
 *
 *   term_t as in GRPO with ε_high > ε_low,   loss = Σ terms / tokens
 *
 * The tokens are those of all accumulated batches, as in TRL `loss_type="dapo"`. The paper's other parts are functions
 * of their own: `informativeGroups` (dynamic sampling) and `softOverlong` of the reward package.
 *
 * @param options.epsilon     ε_low, default 0.2
 * @param options.epsilonHigh ε_high, default 0.28
 * @param options.sharing     how the tokens share the loss, default `tokenMean`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics as `grpo`
 * @throws RangeError for a wrong shape or option
 * @see Yu et al. 2025, "DAPO", arXiv:2503.14476
 * @example reduce(dapo()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const dapo = ({ epsilonHigh = 0.28, ...options }: ClippedOptions = {}): PolicyGradientLoss =>
  policyGradient(
    {
      name: 'dapo',
      level: tokenRatio,
      surrogate: pessimisticClip(clipOf('dapo', { ...options, epsilonHigh })),
      sharing: tokenMean,
      own: CLIP_OPTIONS,
    },
    options,
  )

/**
 * GRPO with the mean over the tokens of the batch.
 *
 *   term_t as in GRPO,   loss = Σ terms / tokens
 *
 * TRL `loss_type="bnpo"` and torchtune's GRPOLoss, which count the tokens of each batch by itself when gradients are
 * accumulated; here `mass` counts them together, so that it is `dapo` at ε_high = ε_low.
 *
 * @param options.epsilon     ε_low, default 0.2
 * @param options.epsilonHigh ε_high, default `epsilon`
 * @param options.sharing     how the tokens share the loss, default `tokenMean`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics as `grpo`
 * @throws RangeError for a wrong shape or option
 * @see TRL, GRPOConfig.loss_type; torchtune, GRPOLoss
 * @example reduce(bnpo()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const bnpo = (options: ClippedOptions = {}): PolicyGradientLoss =>
  policyGradient(
    {
      name: 'bnpo',
      level: tokenRatio,
      surrogate: pessimisticClip(clipOf('bnpo', options)),
      sharing: tokenMean,
      own: CLIP_OPTIONS,
    },
    options,
  )

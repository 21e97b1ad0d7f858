import { sequenceMean, sequenceSum } from '../sharing.ts'
import { type ClippedOptions, type PolicyGradientLoss, policyGradient } from './policy-gradient.ts'
import { sequenceRatio, sequenceTokenRatio } from './ratio.ts'
import { CLIP_OPTIONS, clipOf, pessimisticClip } from './surrogate.ts'

/** The paper's bounds where neither is given. */
const narrow = ({ epsilon, epsilonHigh = epsilon ?? 4e-4, ...options }: ClippedOptions): ClippedOptions => ({
  ...options,
  epsilon: epsilon ?? 3e-4,
  epsilonHigh,
})

/**
 * Group sequence policy optimisation: the ratio is of the completion, as its reward is.
 *
 *   s = exp(mean_t (log π(y_t) − log π_old(y_t)))
 *   loss = mean over completions of −min(s A, clip(s, 1 − ε_low, 1 + ε_high) A)
 *
 * A completion is clipped as a whole; its ratio moves little, hence the narrow clip. TRL
 * `importance_sampling_level="sequence"` with `loss_type="grpo"`.
 *
 * @param options.epsilon     ε_low, default 3e-4
 * @param options.epsilonHigh ε_high, default `epsilon`, or 4e-4 where neither is given
 * @param options.sharing     how the tokens share the loss, default `sequenceMean`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps], alike within a row; metrics as `grpo`, averaged over completions
 * @throws RangeError for a wrong shape or option
 * @see Zheng et al. 2025, "GSPO", arXiv:2507.18071
 * @example reduce(gspo()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const gspo = (options: ClippedOptions = {}): PolicyGradientLoss => {
  const given = narrow(options)
  const surrogate = pessimisticClip(clipOf('gspo', given))
  return policyGradient(
    { name: 'gspo', level: sequenceRatio, surrogate, sharing: sequenceMean, own: CLIP_OPTIONS },
    given,
  )
}

/**
 * GSPO with a gradient for each token, so that the advantages of a completion's tokens may differ.
 *
 *   s_t = sg(s) π(y_t) / sg(π(y_t)),   term_t = −min(s_t A_t, clip(s_t, 1 − ε_low, 1 + ε_high) A_t)
 *   loss = mean over completions of the mean of term_t over their tokens
 *
 * With one advantage for the completion it has GSPO's value and gradient.
 *
 * @param options.epsilon     ε_low, default 3e-4
 * @param options.epsilonHigh ε_high, default `epsilon`, or 4e-4 where neither is given
 * @param options.sharing     how the tokens share the loss, default `sequenceMean`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics as `gspo`
 * @throws RangeError for a wrong shape or option
 * @see Zheng et al. 2025, "GSPO", §4.3, arXiv:2507.18071; TRL experimental GSPO-token
 * @example reduce(gspoToken()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const gspoToken = (options: ClippedOptions = {}): PolicyGradientLoss => {
  const given = narrow(options)
  const surrogate = pessimisticClip(clipOf('gspoToken', given))
  return policyGradient(
    { name: 'gspoToken', level: sequenceTokenRatio, surrogate, sharing: sequenceMean, own: CLIP_OPTIONS },
    given,
  )
}

/**
 * Length-unbiased sequence policy optimisation: GSPO's term of a completion, times its tokens.
 *
 *   loss = mean over completions of |y| · (−min(s A, clip(s, 1 − ε_low, 1 + ε_high) A))
 *
 * TRL `loss_type="luspo"` with `importance_sampling_level="sequence"`.
 *
 * @param options.epsilon     ε_low, default 0.2
 * @param options.epsilonHigh ε_high, default `epsilon`
 * @param options.sharing     how the tokens share the loss, default `sequenceSum`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps], alike within a row; metrics as `gspo`
 * @throws RangeError for a wrong shape or option
 * @see TRL, GRPOConfig.loss_type "luspo"
 * @example reduce(luspo()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const luspo = (options: ClippedOptions = {}): PolicyGradientLoss => {
  const surrogate = pessimisticClip(clipOf('luspo', options))
  return policyGradient(
    { name: 'luspo', level: sequenceRatio, surrogate, sharing: sequenceSum, own: CLIP_OPTIONS },
    options,
  )
}

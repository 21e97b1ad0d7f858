import { sequenceMean } from '../sharing.ts'
import { type ClippedOptions, type PolicyGradientLoss, policyGradient } from './policy-gradient.ts'
import { productRatio } from './ratio.ts'
import { CLIP_OPTIONS, clipOf, pessimisticClip } from './surrogate.ts'

/**
 * REINFORCE leave-one-out, for completions that are learned from more than once: a clipped ratio of whole completions.
 *
 *   W = Π_t π(y_t) / π_old(y_t)
 *   loss = mean over completions of −min(W A, clip(W, 1 − ε_low, 1 + ε_high) A)
 *
 * A is `leaveOneOut` of the rewards, from which β Σ_t (log π_old − log π_ref) was subtracted (`klPenalised`): this
 * loss has its KL in the reward, not in a term. At π = π_old its gradient is REINFORCE's. TRL's RLOOTrainer.
 *
 * @param options.epsilon     ε_low, default 0.2
 * @param options.epsilonHigh ε_high, default `epsilon`
 * @param options.sharing     how the tokens share the loss, default `sequenceMean`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps], alike within a row; metrics as `gspo`
 * @throws RangeError for a wrong shape or option
 * @see Ahmadian et al. 2024, "Back to basics", arXiv:2402.14740; Kool et al. 2019
 * @example reduce(rloo()({ logProb, oldLogProb, advantage: tf.tensor1d(leaveOneOut(rewards, group)), mask }), weight)
 */
export const rloo = (options: ClippedOptions = {}): PolicyGradientLoss => {
  const surrogate = pessimisticClip(clipOf('rloo', options))
  return policyGradient(
    { name: 'rloo', level: productRatio, surrogate, sharing: sequenceMean, own: CLIP_OPTIONS },
    options,
  )
}

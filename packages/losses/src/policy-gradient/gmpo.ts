import * as tf from '@tensorflow/tfjs-core'
import { sequenceMean } from '../sharing.ts'
import { atLeastZero } from './check-options.ts'
import { type ClippedOptions, type PolicyGradientLoss, policyGradient } from './policy-gradient.ts'
import { type Level, sequenceRatio } from './ratio.ts'
import { type ClipOptions, plainRatio } from './surrogate.ts'
import { alongSteps, perRowMean } from './tokens.ts'

/** The geometric mean of ratios that are clipped one by one, each on the side where the advantage pushes it. */
const clippedSequenceRatio = ({ epsilon, epsilonHigh }: Required<Omit<ClipOptions, 'delta'>>): Level => ({
  ...sequenceRatio,
  logWeight: (tokens) => {
    const { logRatio, advantage, steps } = tokens
    const held = tf.clipByValue(logRatio, -epsilon, epsilonHigh)
    const pessimistic = tf.where(
      tf.greaterEqual(advantage, 0),
      tf.minimum<tf.Tensor2D>(logRatio, held),
      tf.maximum<tf.Tensor2D>(logRatio, held),
    )
    return alongSteps(perRowMean(pessimistic, tokens), steps)
  },
})

/**
 * Geometric-mean policy optimisation: the ratio of a completion is the geometric mean of its tokens' clipped ratios,
 * which one outlying token cannot carry away.
 *
 *   s = exp(mean_t clip(log ρ_t, −ε_low, ε_high)) where A pushes ρ_t past the clip, log ρ_t itself elsewhere
 *   loss = mean over completions of −s A
 *
 * The clip is one of logarithms: ρ stays within (e^{−ε_low}, e^{ε_high}).
 *
 * @param options.epsilon     ε_low in nats, default 0.4
 * @param options.epsilonHigh ε_high in nats, default `epsilon`
 * @param options.sharing     how the tokens share the loss, default `sequenceMean`
 * @param options             others: see ClippedOptions
 * @param inputs              see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps], alike within a row; metrics kl, entropy
 * @throws RangeError for a wrong shape or option
 * @see Zhao et al. 2025, "Geometric-mean policy optimization", arXiv:2507.20673; TRL experimental GMPO
 * @example reduce(gmpo()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const gmpo = ({
  epsilon = 0.4,
  epsilonHigh = epsilon,
  ...options
}: Omit<ClippedOptions, 'delta'> = {}): PolicyGradientLoss => {
  atLeastZero('gmpo', { epsilon, epsilonHigh })
  const level = clippedSequenceRatio({ epsilon, epsilonHigh })
  return policyGradient(
    { name: 'gmpo', level, surrogate: plainRatio, sharing: sequenceMean, own: ['epsilon', 'epsilonHigh'] },
    options,
  )
}

import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { checkOptionNames } from '../options-of.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { atLeastZero } from './check-options.ts'
import { type KLEstimator, k3 } from './kl-estimators.ts'
import { type Level, ratioOf } from './ratio.ts'
import { type ClipOptions, type Surrogate, toldMeans } from './surrogate.ts'
import { type PolicyGradientInputs, type Tokens, tokensOf } from './tokens.ts'

/** What the losses of the family may add to their own term. */
export interface PolicyGradientOptions {
  /** β ≥ 0: weight of the divergence from the reference in the loss; above 0 it needs `referenceLogProb`. Default 0. */
  readonly beta?: number
  /** How that divergence is estimated: `k1`, `k2`, `k3`, or `importanceCorrected` of one. Default `k3`. */
  readonly divergence?: KLEstimator
  /** Weight of the entropy, which is to be large; above 0 it needs `entropy`. Default 0. */
  readonly entropyBonus?: number
  /** How the tokens share the loss. Each loss has its own default. */
  readonly sharing?: Sharing
}

/** Options of the losses that clip a ratio. */
export type ClippedOptions = ClipOptions & PolicyGradientOptions

/** A loss of the family: options were given, a batch is. */
export type PolicyGradientLoss = (inputs: PolicyGradientInputs) => Terms

/** A member of the family: which ratio, what is made of it, and how tokens share the loss. */
export interface PolicyGradient {
  readonly name: string
  readonly level: Level
  readonly surrogate: Surrogate
  readonly sharing: Sharing
  /** Names of the options that it has beside those of all. */
  readonly own?: readonly string[]
}

const present = (caller: string, name: string, x: tf.Tensor2D | undefined, why: string): void => {
  if (x === undefined) throw new RangeError(`${caller}: ${name} is missing, and ${why} needs it`)
}

const tokenMeanOf = (x: tf.Tensor2D, { told }: Tokens): tf.Scalar => tf.sum(tf.mul(tokenMean(told).share, x))

/**
 * The kernel that the whole family is made of: a ratio of now to then, what it is worth, and how tokens share it.
 *
 *   term_t = correction_t · surrogate(ratio_t, A_t) + β KL_t − c H_t
 *
 * Terms of tokens that do not count are 0, whatever was there. Advantages, old and reference log-probabilities and
 * corrections are constants: they are inputs, because what couples the rows of a batch is not a loss's business.
 */
export const policyGradient = (
  { name, level, surrogate, sharing: ownSharing, own = [] }: PolicyGradient,
  options: PolicyGradientOptions,
): PolicyGradientLoss => {
  checkOptionNames(name, options, [...own, 'beta', 'divergence', 'entropyBonus', 'sharing'])
  const { beta = 0, divergence = k3, entropyBonus = 0, sharing = ownSharing } = options
  atLeastZero(name, { beta, entropyBonus })

  return (inputs) => {
    const tokens = tokensOf(name, inputs, level.lost)
    const { live, settle } = tokens
    const logWeight = level.logWeight(tokens)
    const { cost, told } = surrogate(tokens, logWeight)
    const corrected = tf.mul(cost, tokens.correction)

    if (beta > 0) present(name, 'referenceLogProb', inputs.referenceLogProb, 'beta > 0')
    const kl = beta > 0 ? settle(divergence(tokens.logProb, tokens.reference, ratioOf(logWeight))) : undefined
    const held = kl === undefined ? corrected : tf.add(corrected, tf.mul(beta, kl))

    const ofOption = entropyBonus > 0 ? entropyBonus : undefined
    const bonus = inputs.entropyBonus === undefined ? ofOption : detach(inputs.entropyBonus)
    if (bonus !== undefined) present(name, 'entropy', inputs.entropy, 'an entropy bonus')
    const { entropy } = tokens
    const terms = entropy === undefined || bonus === undefined ? held : tf.sub(held, tf.mul(bonus, entropy))

    return {
      terms: settle(terms as tf.Tensor2D),
      ...sharing(live),
      metrics: {
        ...toldMeans(told, tokens, level.averaged),
        ...(kl === undefined ? {} : { kl: tokenMeanOf(kl, tokens) }),
        ...(entropy === undefined ? {} : { entropy: tokenMeanOf(entropy, tokens) }),
      },
    }
  }
}

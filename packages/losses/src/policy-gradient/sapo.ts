import * as tf from '@tensorflow/tfjs-core'
import { sequenceMean } from '../sharing.ts'
import { aboveZero } from './check-options.ts'
import { type PolicyGradientLoss, type PolicyGradientOptions, policyGradient } from './policy-gradient.ts'
import { ratioOf, tokenRatio } from './ratio.ts'
import type { Surrogate } from './surrogate.ts'

export interface SAPOOptions extends PolicyGradientOptions {
  /** τ of tokens with a positive advantage. Default 1. */
  readonly positive?: number
  /** τ of the others; larger: their gradient fades sooner. Default 1.05. */
  readonly negative?: number
}

const softGate =
  (positive: number, negative: number): Surrogate =>
  ({ advantage }, logWeight) => {
    const good = tf.cast<tf.Tensor2D>(tf.greater(advantage, 0), 'float32')
    const tau = tf.add<tf.Tensor2D>(negative, tf.mul(positive - negative, good))
    const gate = tf.mul(tf.sigmoid(tf.mul(tau, tf.sub(ratioOf(logWeight), 1))), tf.div(4, tau))
    return { cost: tf.neg(tf.mul(gate, advantage)), told: {} }
  }

/**
 * Soft adaptive policy optimisation: a sigmoid of the ratio in place of the clip, so that a token far off fades
 * instead of falling silent.
 *
 *   term_t = −(4 / τ) σ(τ (ρ_t − 1)) A,   τ = τ⁺ where A > 0, else τ⁻
 *   loss   = mean over completions of the mean over their tokens
 *
 * At ρ = 1 its gradient is that of the ratio, whatever τ.
 *
 * @param options.positive τ⁺, default 1
 * @param options.negative τ⁻, default 1.05
 * @param options.sharing  how the tokens share the loss, default `sequenceMean`
 * @param options          others: see PolicyGradientOptions
 * @param inputs           see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics kl, entropy
 * @throws RangeError for a wrong shape or τ
 * @see Gao et al. 2025, "SAPO", arXiv:2511.20347; TRL `loss_type="sapo"`
 * @example reduce(sapo()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const sapo = ({ positive = 1, negative = 1.05, ...options }: SAPOOptions = {}): PolicyGradientLoss => {
  aboveZero('sapo', { positive, negative })
  const surrogate = softGate(positive, negative)
  return policyGradient(
    { name: 'sapo', level: tokenRatio, surrogate, sharing: sequenceMean, own: ['positive', 'negative'] },
    options,
  )
}

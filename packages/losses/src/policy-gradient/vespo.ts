import * as tf from '@tensorflow/tfjs-core'
import { tokenMean } from '../sharing.ts'
import { type PolicyGradientLoss, type PolicyGradientOptions, policyGradient } from './policy-gradient.ts'
import { productRatio } from './ratio.ts'
import { type Surrogate, scoreFunction } from './surrogate.ts'

/** φ(W) = W^k e^{λ (1 − W)}: 1 at W = 1, largest at W = k / λ, and 0 far off. */
export interface GammaWeight {
  readonly k: number
  readonly lambda: number
}

export interface VESPOOptions extends PolicyGradientOptions {
  /** φ where A ≥ 0. Default k = 2, λ = 3. */
  readonly positive?: GammaWeight
  /** φ where A < 0. Default k = 3, λ = 2. */
  readonly negative?: GammaWeight
}

/** log W is taken within [log 1e-8, 20], as in TRL. */
const LEAST = Math.log(1e-8)
const MOST = 20

const gammaWeighted =
  (positive: GammaWeight, negative: GammaWeight): Surrogate =>
  (tokens, logWeight) => {
    const good = tf.cast<tf.Tensor2D>(tf.greaterEqual(tokens.advantage, 0), 'float32')
    const either = (name: keyof GammaWeight): tf.Tensor2D =>
      tf.add(negative[name], tf.mul(positive[name] - negative[name], good))
    const logW = tf.clipByValue(logWeight, LEAST, MOST)
    const lambda = either('lambda')
    const phi = tf.exp<tf.Tensor2D>(tf.add(tf.mul(either('k'), logW), tf.mul(lambda, tf.sub(1, tf.exp(logW)))))
    return { cost: scoreFunction(tokens, phi), told: { 'vespo/phi_seq_mean': phi } }
  }

/**
 * Variational sequence-level soft policy optimisation: every token learns by a weight of its whole completion that
 * fades smoothly where the completion has become much likelier or rarer.
 *
 *   W = Π_t π(y_t) / π_old(y_t),   φ(W) = W^k e^{λ (1 − W)}
 *   term_t = −sg(φ(W)) A log π(y_t),   loss = Σ terms / tokens
 *
 * For completions of another sampler, give its log-probabilities as `oldLogProb`: a `correction` would multiply φ
 * instead of entering W.
 *
 * @param options.positive φ where A ≥ 0, default `{ k: 2, lambda: 3 }`
 * @param options.negative φ where A < 0, default `{ k: 3, lambda: 2 }`
 * @param options.sharing  how the tokens share the loss, default `tokenMean`
 * @param options          others: see PolicyGradientOptions
 * @param inputs           see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics vespo/phi_seq_mean (over completions), kl, entropy
 * @throws RangeError for a wrong shape, k or λ
 * @see TRL, GRPOConfig.loss_type "vespo"
 * @example reduce(vespo()({ logProb, oldLogProb, advantage, mask }), weight)
 */
export const vespo = ({
  positive = { k: 2, lambda: 3 },
  negative = { k: 3, lambda: 2 },
  ...options
}: VESPOOptions = {}): PolicyGradientLoss => {
  for (const [sign, { k, lambda }] of Object.entries({ positive, negative }))
    if (!(k >= 0 && lambda > 0))
      throw new RangeError(`vespo: ${sign} needs k ≥ 0 and lambda > 0, found ${k} and ${lambda}`)
  const surrogate = gammaWeighted(positive, negative)
  return policyGradient(
    { name: 'vespo', level: productRatio, surrogate, sharing: tokenMean, own: ['positive', 'negative'] },
    options,
  )
}

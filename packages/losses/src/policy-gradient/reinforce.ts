import * as tf from '@tensorflow/tfjs-core'
import { sequenceSum } from '../sharing.ts'
import { type PolicyGradientLoss, type PolicyGradientOptions, policyGradient } from './policy-gradient.ts'
import { tokenRatio } from './ratio.ts'
import { type Surrogate, scoreFunction } from './surrogate.ts'

const logLikelihood: Surrogate = (tokens) => ({ cost: scoreFunction(tokens, tf.onesLike(tokens.live)), told: {} })

/**
 * REINFORCE: the log-probability of what was done, as much more as it was better than expected.
 *
 *   loss = mean over completions of −A Σ_t log π(y_t)
 *
 * A is the reward less a baseline that does not depend on the completion: `leaveOneOut` (RLOO), `batchMeanBaseline`,
 * `movingBaseline`, a greedy completion's reward, or none at all. Unbiased for completions of the present policy; for
 * others give a `correction`. `oldLogProb` is not read.
 *
 * @param options.beta         weight of KL(π ‖ π_ref), default 0
 * @param options.entropyBonus default 0
 * @param options.sharing      how the tokens share the loss, default `sequenceSum`
 * @param options              others: see PolicyGradientOptions
 * @param inputs               see PolicyGradientInputs: [rows, steps], nats
 * @returns terms [rows, steps]; metrics kl, entropy
 * @throws RangeError for a wrong shape or option
 * @see Williams 1992, Machine Learning 8; Ahmadian et al. 2024, "Back to basics", arXiv:2402.14740
 * @example reduce(reinforce()({ logProb, advantage: tf.tensor1d(leaveOneOut(rewards, group)), mask }), weight)
 */
export const reinforce = (options: PolicyGradientOptions = {}): PolicyGradientLoss =>
  policyGradient({ name: 'reinforce', level: tokenRatio, surrogate: logLikelihood, sharing: sequenceSum }, options)

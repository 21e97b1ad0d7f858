import * as tf from '@tensorflow/tfjs-core'
import { detach } from '../detach.ts'
import { optionsOf } from '../options-of.ts'
import { ruledOut } from '../ruled-out.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { type TokenLogProbs, learnedTokens } from './learned-tokens.ts'

/**
 * Dynamic fine-tuning: cross-entropy of each token weighted by the model's own probability of it.
 *
 *   term = −sg(p) log p,   p = p(token | before),   sg: no gradient flows
 *
 * Its gradient is that of −p, the expected reward of copying the text: cross-entropy's without the factor 1/p, which
 * lets the tokens that a model finds least likely rule its update. A token of probability 0 has term and gradient 0.
 *
 * @param options.sharing how the tokens share the loss; default `tokenMean`
 * @returns terms [rows, steps], nats per token. Metrics: tokens, how many were learned from
 * @throws RangeError for a wrong shape
 * @see Wu et al. 2025, arXiv:2508.05629; TRL SFTTrainer, loss_type "dft"
 * @example reduce(dynamicFineTuning()({ logProb, mask }), weight)
 */
export const dynamicFineTuning = (options: { readonly sharing?: Sharing } = {}): ((inputs: TokenLogProbs) => Terms) => {
  const { sharing } = optionsOf('dynamicFineTuning', options, { sharing: tokenMean })
  return (inputs) => {
    const { logProb, tokens } = learnedTokens('dynamicFineTuning', inputs)
    const known = tf.where(tf.greater(ruledOut(logProb), 0), tf.zerosLike(logProb), logProb)
    return { terms: tf.neg(tf.mul(detach(tf.exp(known)), known)), ...sharing(inputs.mask), metrics: { tokens } }
  }
}

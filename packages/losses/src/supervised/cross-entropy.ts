import * as tf from '@tensorflow/tfjs-core'
import { optionsOf } from '../options-of.ts'
import { finite } from '../ruled-out.ts'
import { type Sharing, tokenMean } from '../sharing.ts'
import type { Terms } from '../terms.ts'
import { type TokenLogProbs, learnedTokens } from './learned-tokens.ts'

/**
 * Cross-entropy of given tokens (supervised fine-tuning, maximum likelihood).
 *
 *   term = −log p(token | before)
 *
 * By default the loss is the mean over the tokens of the batch, not the mean of sentence means: a long text weighs
 * more than a short one, as in TRL and llama recipes, and e^loss is the perplexity. Which tokens are learned (those of
 * the completion only, those of the assistant's turns, all) is the mask's to say. A token of probability 0 costs 1e6
 * nats, and no gradient flows into it.
 *
 * @param options.sharing how the tokens share the loss; default `tokenMean`
 * @returns terms [rows, steps], nats per token. Metrics: tokens, how many were learned from
 * @throws RangeError for a wrong shape
 * @see TRL SFTTrainer, loss_type "nll"
 * @example reduce(crossEntropy()({ logProb, mask }), weight)
 */
export const crossEntropy = (options: { readonly sharing?: Sharing } = {}): ((inputs: TokenLogProbs) => Terms) => {
  const { sharing } = optionsOf('crossEntropy', options, { sharing: tokenMean })
  return (inputs) => {
    const { logProb, tokens } = learnedTokens('crossEntropy', inputs)
    return { terms: tf.neg(finite(logProb)), ...sharing(inputs.mask), metrics: { tokens } }
  }
}

import { textTokens } from './count-tokens.ts'
import { tokenLogProbs } from '@gfnlm/jit'
import { type Terms, type TokenLogProbs, crossEntropy, entropyOf } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import type { Task } from './task.ts'
import { isLikeliest, meanOfLearned } from './token-metrics.ts'
import { type TextBatch, nextTokenLogits, packTextParts, packTexts } from './texts.ts'

export interface SupervisedOptions {
  /** Default `crossEntropy()`, the mean over tokens; `dynamicFineTuning()`, another sharing. */
  readonly loss?: (inputs: TokenLogProbs) => Terms
  /**
   * Whether to log `entropy`, the mean over the learned tokens of the entropy of what could have stood there, nats: one
   * pass more over the logits, which a small model with a large vocabulary notices. Default false.
   */
  readonly entropy?: boolean
}

/**
 * Supervised fine-tuning: a loss of the log-probability of every token that was not given. Logs `mean_token_accuracy`,
 * how often the token was the likeliest, as TRL does.
 */
export const supervised = ({ loss = crossEntropy(), entropy = false }: SupervisedOptions = {}): Task<TextBatch> => ({
  name: 'supervised',
  parameters: {},
  rateScale: 1,
  pack: packTexts,
  packParts: packTextParts,
  tokens: textTokens,
  loss: ({ policy, constants, trainable, batch }) => {
    const tokens = batch['tokens'] as tf.Tensor2D
    const logits = nextTokenLogits(policy, constants, trainable, tokens)
    const [rows, steps, vocab] = logits.shape
    const flat: tf.Tensor2D = tf.reshape(logits, [rows * steps, vocab])
    const logProb = tokenLogProbs(flat, tf.reshape(tf.slice2d(tokens, [0, 1], [rows, steps]), [rows * steps, 1]))
    const inputs: TokenLogProbs = { logProb: tf.reshape(logProb, [rows, steps]), mask: batch['mask'] as tf.Tensor2D }
    const terms = loss(inputs)
    const mean = (x: tf.Tensor): tf.Scalar => meanOfLearned(tf.reshape(x, [rows, steps]), inputs)
    return {
      ...terms,
      metrics: {
        ...terms.metrics,
        mean_token_accuracy: mean(isLikeliest(flat, logProb)),
        ...(entropy ? { entropy: mean(entropyOf(logits)) } : {}),
      },
    }
  },
})

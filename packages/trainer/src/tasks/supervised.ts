import type { TokenReading } from '@gfnlm/jit'
import { type Terms, type TokenLogProbs, crossEntropy, entropyOf } from '@gfnlm/losses'
import { nextTokenLogProbs } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { textTokens } from './count-tokens.ts'
import type { Task } from './task.ts'
import { isLikeliest, meanOfLearned } from './token-metrics.ts'
import { type TextBatch, packTextParts, packTexts, textInput } from './texts.ts'

export interface SupervisedOptions {
  /** Default `crossEntropy()`, the mean over tokens; `dynamicFineTuning()`, another sharing. */
  readonly loss?: (inputs: TokenLogProbs) => Terms
  /**
   * Whether to log `entropy`, the mean over the learned tokens of the entropy of what could have stood there, nats: one
   * pass more over the logits, which a small model with a large vocabulary notices. Default false.
   */
  readonly entropy?: boolean
}

const entropyOfRow: TokenReading = ({ logits }) => tf.reshape(entropyOf(tf.expandDims(logits, 1)), [logits.shape[0], 1])

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
    const { input, columns } = textInput(tokens)
    const readings: Readonly<Record<string, TokenReading>> = {
      mean_token_accuracy: isLikeliest,
      ...(entropy ? { entropy: entropyOfRow } : {}),
    }
    const { logProb, read } = nextTokenLogProbs(policy, constants, trainable, input, columns, readings)
    const inputs: TokenLogProbs = { logProb, mask: batch['mask'] as tf.Tensor2D }
    const terms = loss(inputs)
    const means = Object.entries(read).map(([name, x]) => [name, meanOfLearned(x, inputs)] as const)
    return { ...terms, metrics: { ...terms.metrics, ...Object.fromEntries(means) } }
  },
})

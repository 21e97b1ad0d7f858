import { tokenLogProbs } from '@gfnlm/jit'
import { type Terms, type TokenLogProbs, crossEntropy } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import type { Task } from './task.ts'
import { type TextBatch, nextTokenLogits, packTextParts, packTexts } from './texts.ts'

export interface SupervisedOptions {
  /** Default `crossEntropy()`, the mean over tokens; `dynamicFineTuning()`, another sharing. */
  readonly loss?: (inputs: TokenLogProbs) => Terms
}

/** Supervised fine-tuning: a loss of the log-probability of every token that was not given. */
export const supervised = ({ loss = crossEntropy() }: SupervisedOptions = {}): Task<TextBatch> => ({
  name: 'supervised',
  parameters: {},
  rateScale: 1,
  pack: packTexts,
  packParts: packTextParts,
  loss: ({ policy, constants, trainable, batch }) => {
    const tokens = batch['tokens'] as tf.Tensor2D
    const logits = nextTokenLogits(policy, constants, trainable, tokens)
    const [rows, steps, vocab] = logits.shape
    const logProb = tokenLogProbs(
      tf.reshape(logits, [rows * steps, vocab]),
      tf.reshape(tf.slice2d(tokens, [0, 1], [rows, steps]), [rows * steps, 1]),
    )
    return loss({ logProb: tf.reshape(logProb, [rows, steps]), mask: batch['mask'] as tf.Tensor2D })
  },
})

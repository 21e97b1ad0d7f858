import { hostTensor, jitPerShape, tokenLogProbs } from '@gfnlm/jit'
import type { PolicyState, Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import type { Document } from './corpus.ts'

/** How well a model tells the grammar's stories, nats. */
export interface HeldOutLoss {
  /** Mean over predicted tokens. */
  readonly perToken: number
  /** Mean over documents. */
  readonly perStory: number
  /** −log p of the same documents under the grammar, per predicted token: what a perfect model would reach on them. */
  readonly grammarPerToken: number
}

const ROWS = 32
const WIDTH = 88

/** Cross-entropy of documents, `<s>` given, everything after it predicted. */
export const heldOutLoss = async (
  { policy, trainable }: PolicyState,
  documents: readonly Document[],
): Promise<HeldOutLoss> => {
  const score = jitPerShape(
    ({ trainable: own, tokens }: { trainable?: Tensors; tokens: tf.Tensor }, constants) => {
      const input = {
        tokens: tf.slice2d(tokens as tf.Tensor2D, [0, 0], [ROWS, WIDTH - 1]),
        pad: tf.zeros([ROWS], 'int32') as tf.Tensor1D,
      }
      const logits = policy.logits(constants, own ?? null, input, { start: 0, count: WIDTH - 1 })
      const targets = tf.reshape(tf.slice2d(tokens as tf.Tensor2D, [0, 1], [ROWS, WIDTH - 1]), [
        ROWS * (WIDTH - 1),
        1,
      ]) as tf.Tensor2D
      return {
        logProbs: tokenLogProbs(tf.reshape(logits, [ROWS * (WIDTH - 1), policy.vocabSize]) as tf.Tensor2D, targets),
      }
    },
    { constants: policy.constants },
  )
  const own = trainable()
  let [total, tokens, grammar] = [0, 0, 0]
  for (let from = 0; from < documents.length; from += ROWS) {
    const rows = documents.slice(from, from + ROWS)
    const ids = new Int32Array(ROWS * WIDTH)
    rows.forEach((d, r) => ids.set(d.tokens, r * WIDTH))
    const { logProbs } = await score({
      ...(own === null ? {} : { trainable: own }),
      tokens: hostTensor(ids, [ROWS, WIDTH]),
    })
    rows.forEach((d, r) => {
      for (let t = 0; t < d.tokens.length - 1; t++) total -= logProbs.data[r * (WIDTH - 1) + t]!
      tokens += d.tokens.length - 1
      grammar -= d.story.logProbability
    })
  }
  await score.dispose()
  return { perToken: total / tokens, perStory: total / documents.length, grammarPerToken: grammar / tokens }
}

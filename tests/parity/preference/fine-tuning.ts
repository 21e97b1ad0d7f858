import { tokenLogProbs } from '@gfnlm/jit'
import { type Terms, type TokenLogProbs, crossEntropy, dynamicFineTuning, entropyOf, sequenceMean } from '@gfnlm/losses'
import * as tf from '@tensorflow/tfjs-core'
import { compareCase } from '../compare-case.ts'
import { tensor } from '../engine.ts'
import type { Formula } from '../formula.ts'
import type { Json } from '../json.ts'

/** Logits [rows, columns, vocab], of which those after column t score the token in column t + 1. */
export const shifted = (logits: tf.Tensor3D, inputs: Readonly<Record<string, Json>>): TokenLogProbs => {
  const [rows, columns, vocab] = logits.shape
  const steps = columns - 1
  const next = (table: Json): tf.Tensor2D => tf.slice2d(tensor(table) as tf.Tensor2D, [0, 1], [rows, steps])
  const logProb = tokenLogProbs(
    tf.reshape(tf.slice3d(logits, [0, 0, 0], [rows, steps, vocab]), [rows * steps, vocab]),
    tf.reshape(tf.cast(next(inputs.input_ids), 'int32'), [rows * steps, 1]),
  )
  return { logProb: tf.reshape(logProb, [rows, steps]), mask: next(inputs.completion_mask) }
}

/** A loss of the tokens of completions, with its gradient in the logits and what the reference tells of it. */
const ofCompletions =
  (loss: (inputs: TokenLogProbs) => Terms): Formula =>
  ({ inputs, expected }) => {
    const logits = tensor(inputs.logits) as tf.Tensor3D
    const { logProb, mask } = shifted(logits, inputs)
    const [rows, columns, vocab] = logits.shape
    const told = {
      per_token_logps: tf.mul(mask, logProb),
      sum_logps: tf.sum(tf.mul(mask, logProb), 1),
      avg_logps: tf.sum(tf.mul(sequenceMean(mask).share, tf.mul(rows, logProb)), 1),
      entropy: entropyOf(tf.slice3d(logits, [0, 0, 0], [rows, columns - 1, vocab])),
    }
    const comparisons = compareCase(
      expected,
      { logits },
      (given) => loss(shifted(given.logits as tf.Tensor3D, inputs)),
      told,
    )
    return [{ part: '', comparisons }]
  }

/** Supervised fine-tuning on completions: the mean over their tokens. */
export const fineTuning: Formula = ofCompletions(crossEntropy())

/** The same, each token weighted by its own probability. */
export const dynamic: Formula = ofCompletions(dynamicFineTuning())

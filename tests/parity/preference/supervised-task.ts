import { hostTensor } from '@gfnlm/jit'
import { supervised } from '@gfnlm/trainer'
import * as tf from '@tensorflow/tfjs-core'
import { type Comparison, inFloat32 } from '../comparison.ts'
import { unitLoss } from '../engine.ts'
import type { Formula } from '../formula.ts'
import { number, numbers, record } from '../json.ts'
import { scriptedPolicy } from '../scripted-policy.ts'

const packed = (tokens: readonly number[], given: number) => {
  const rows = [{ tokens: Int32Array.from(tokens), given }]
  return supervised().pack({ rows }) as Record<string, ReturnType<typeof hostTensor>>
}

/** The tokens that are learned are those after the prompt (self-rewarding-lm trained on the prompt). */
export const completionOnly: Formula = ({ inputs }) => {
  const { seq_len, prompt_len, want_targets } = record(inputs.case)
  const { mask } = packed(
    Array.from({ length: number(seq_len) }, (_, i) => i),
    number(prompt_len),
  )
  // Column c predicts the token in column c + 1, the (c + 2)-th.
  const targets = Array.from(mask.data).flatMap((learned, column) => (learned === 1 ? [column + 2] : []))
  return [{ part: '', comparisons: [inFloat32('targets', targets, numbers(want_targets))] }]
}

/** Logits after token t score token t + 1: with those of any other column the loss would be another. */
export const shiftedByOne: Formula = () => {
  const tokens = [2, 0, 3, 1, 1]
  const { data, shape } = packed(tokens, 1).tokens
  const columns = shape[1] - 1
  const logits = Array.from({ length: columns }, (_, t) => [0.3, 1.1, -0.4, 0.8].map((z, v) => z * (t + 1 - v)))
  const policy = scriptedPolicy([logits], 1)
  const task = supervised()
  const loss = task.loss({
    policy,
    constants: { logits: tf.tensor3d([logits]) },
    trainable: {},
    parameters: {},
    frozen: {},
    batch: {
      tokens: tf.tensor2d(Array.from(data), [1, columns + 1], 'int32'),
      mask: tf.tensor2d([Array.from({ length: columns }, (_, c) => (c + 1 < tokens.length ? 1 : 0))]),
    },
  })
  const logPartition = (z: readonly number[]): number => Math.log(z.reduce((sum, x) => sum + Math.exp(x), 0))
  const surprise = tokens.slice(1).map((token, t) => logPartition(logits[t]) - logits[t][token])
  const mean = surprise.reduce((a, b) => a + b, 0) / surprise.length
  const comparisons: Comparison[] = [inFloat32('loss', unitLoss(loss).dataSync(), mean)]
  return [{ part: '', comparisons }]
}

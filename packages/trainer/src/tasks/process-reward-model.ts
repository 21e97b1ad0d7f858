import { textTokens } from './count-tokens.ts'
import { fault } from '@gfnlm/env'
import { type HostTensors, type HostTree, hostTensor } from '@gfnlm/jit'
import { NO_STEP, processReward } from '@gfnlm/losses'
import { hiddenStates, tokenScores } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { evenly } from './parts.ts'
import { rightPadded } from './right-padded.ts'
import type { LabelledTokens } from './stepwise.ts'
import type { Task } from './task.ts'

export interface StepBatch {
  readonly rows: readonly (LabelledTokens & {
    /** What the text counts for; default 1. */
    readonly weight?: number
  })[]
  /** Pads texts to this many columns at least, so that batches share a compiled graph. */
  readonly width?: number
}

export interface ProcessRewardModelOptions {
  /** First values of a head of one label a class: `scoreHead(policy.config.hidden, 2)`, or a saved one. */
  readonly head: HostTensors
  /** What multiplies the learning rate for the head, which starts from nothing; default 1. */
  readonly rateScale?: number
}

type StepRow = StepBatch['rows'][number]

/** A row whose labels cannot be learned: not one a token, or a class that the head has not. */
const checkLabels = ({ tokens, label }: StepRow, row: number, classes: number): void => {
  if (label.length !== tokens.length)
    throw fault(
      'LabelsInvalid',
      `row ${row}: ${label.length} labels of ${tokens.length} tokens`,
      `Give every token a label: its class where it ends a step, ${NO_STEP} elsewhere (labelledTokens does).`,
      { row },
    )
  const at = label.findIndex((is) => is !== NO_STEP && !(is >= 0 && is < classes))
  if (at >= 0)
    throw fault(
      'LabelsInvalid',
      `row ${row}: the label of token ${at} is ${label[at]}, and the head has classes 0 to ${classes - 1}`,
      `Take a head of more classes, or correct the label; ${NO_STEP} is that of a token which ends no step.`,
      { row, token: at, label: label[at], classes },
    )
}

const pack = ({ rows, width }: StepBatch): HostTree => {
  const { tokens, columns } = rightPadded(
    rows.map((row) => row.tokens),
    width,
  )
  const label = new Float32Array(rows.length * columns).fill(NO_STEP)
  rows.forEach((row, r) => label.set(row.label, r * columns))
  return {
    tokens,
    label: hostTensor(label, [rows.length, columns]),
    weight: hostTensor(Float32Array.from(rows, ({ weight = 1 }) => weight)),
  }
}

/**
 * A process reward model: whether each step of a solution is right, read from the hidden state of the token that ends
 * it. Texts and their labels are `labelledTokens` of judged solutions.
 *
 * @throws a LabelsInvalid fault, when it packs a batch, that names the row whose label is no class of the head
 * @example trainer(policy, { task: processRewardModel({ head: scoreHead(policy.config.hidden, 2) }), learningRate })
 */
export const processRewardModel = ({ head, rateScale = 1 }: ProcessRewardModelOptions): Task<StepBatch> => {
  const loss = processReward()
  const classes = head['score.weight']?.shape[0] ?? 0
  const checked = ({ rows }: StepBatch): void => rows.forEach((row, r) => checkLabels(row, r, classes))
  return {
    name: 'process-reward-model',
    parameters: head,
    rateScale,
    pack: (batch) => {
      checked(batch)
      return pack(batch)
    },
    tokens: textTokens,
    packParts: (batch, parts) => {
      checked(batch)
      const { rows, width = 0 } = batch
      const widest = Math.max(width, ...rows.map(({ tokens }) => tokens.length))
      return evenly(rows, parts).map((some) => pack({ rows: some, width: widest }))
    },
    loss: ({ policy, constants, trainable, parameters, batch }) => {
      const tokens = batch['tokens'] as tf.Tensor2D
      const [rows, columns] = tokens.shape
      const pad: tf.Tensor1D = tf.zeros([rows], 'int32')
      const hidden = hiddenStates(policy, constants, trainable, { tokens, pad }, { start: 0, count: columns })
      return loss({ logits: tokenScores(parameters, hidden), label: batch['label'] as tf.Tensor2D })
    },
  }
}

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
 * @example trainer(policy, { task: processRewardModel({ head: scoreHead(policy.config.hidden, 2) }), learningRate })
 */
export const processRewardModel = ({ head, rateScale = 1 }: ProcessRewardModelOptions): Task<StepBatch> => {
  const loss = processReward()
  return {
    name: 'process-reward-model',
    parameters: head,
    rateScale,
    pack,
    packParts: ({ rows, width = 0 }, parts) => {
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

import { type Fault, fault } from '@gfnlm/env'
import { type HostTensors, type HostTree, hostTensor } from '@gfnlm/jit'
import { bradleyTerry } from '@gfnlm/losses'
import { sequenceScores } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { evenly } from './parts.ts'
import { rightPadded } from './right-padded.ts'
import type { Task } from './task.ts'

/** A preference: two whole texts (prompt and completion together), of which the first is preferred. */
export interface PreferredText {
  readonly chosen: Int32Array
  readonly rejected: Int32Array
  /** By how much the chosen one should lead, in units of score; default 0. */
  readonly margin?: number
  /** What the pair counts for; default 1. */
  readonly weight?: number
}

export interface PreferenceBatch {
  readonly pairs: readonly PreferredText[]
  /** Pads texts to this many columns at least, so that batches share a compiled graph. */
  readonly width?: number
}

export interface RewardModelOptions {
  /** First values of a head of one label: `scoreHead(policy.config.hidden, 1)`, or a saved one. */
  readonly head: HostTensors
  /** Keeps scores around 0; default 0. See `bradleyTerry`. */
  readonly centring?: number
  /** What multiplies the learning rate for the head, which starts from nothing; default 1. */
  readonly rateScale?: number
}

const emptyText = (pair: number, side: string): Fault<'TextEmpty'> =>
  fault(
    'TextEmpty',
    `pair ${pair}: the ${side} text has no token, so it has no score`,
    'Leave the pair out, or give both of its texts a token.',
    { pair },
  )

const pack = ({ pairs, width }: PreferenceBatch): HostTree => {
  // Chosen texts first, then the rejected ones: one pass scores both.
  const sides = (['chosen', 'rejected'] as const).flatMap((side) => pairs.map((pair) => pair[side]))
  const empty = sides.findIndex(({ length }) => length === 0)
  if (empty >= 0) throw emptyText(empty % pairs.length, empty < pairs.length ? 'chosen' : 'rejected')
  const { tokens, end } = rightPadded(sides, width)
  return {
    tokens,
    end,
    margin: hostTensor(Float32Array.from(pairs, ({ margin = 0 }) => margin)),
    weight: hostTensor(Float32Array.from(pairs, ({ weight = 1 }) => weight)),
  }
}

/**
 * A reward model: the score of a text is a linear function of its last token's hidden state, and preferences follow
 * the scores (Bradley–Terry). The policy's adapter learns with the head; a frozen policy trains the head alone.
 *
 * @throws a TextEmpty fault, when it packs a batch, for a text without a token: it has no score
 * @example trainer(policy, { task: rewardModel({ head: scoreHead(policy.config.hidden, 1) }), learningRate })
 */
export const rewardModel = ({ head, centring = 0, rateScale = 1 }: RewardModelOptions): Task<PreferenceBatch> => {
  const loss = bradleyTerry({ centring })
  return {
    name: 'reward-model',
    parameters: head,
    rateScale,
    pack,
    tokens: ({ pairs }) => pairs.reduce((sum, { chosen, rejected }) => sum + chosen.length + rejected.length, 0),
    packParts: ({ pairs, width = 0 }, parts) => {
      const widest = Math.max(width, ...pairs.map(({ chosen, rejected }) => Math.max(chosen.length, rejected.length)))
      return evenly(pairs, parts).map((some) => pack({ pairs: some, width: widest }))
    },
    loss: ({ policy, constants, trainable, parameters, batch }) => {
      const margin = batch['margin'] as tf.Tensor1D
      const rows = margin.shape[0]
      const scores = sequenceScores(policy, constants, trainable, parameters, {
        tokens: batch['tokens'] as tf.Tensor2D,
        pad: tf.zeros([2 * rows], 'int32'),
        end: batch['end'] as tf.Tensor1D,
      })
      const side = (first: number): tf.Tensor1D => tf.reshape(tf.slice2d(scores, [first, 0], [rows, 1]), [rows])
      return loss({ chosen: side(0), rejected: side(rows), margin })
    },
  }
}

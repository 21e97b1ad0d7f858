import * as tf from '@tensorflow/tfjs-core'
import { givenLogits, inRows, trainedHeadLogProbs } from './decoder/read-tokens.ts'
import type { LogProbOptions, Policy, Tensors, TokenReadings } from './policy.ts'

/** How log-probs are read of what stands before a policy's logits. */
export interface Unembedding {
  readonly unembed: NonNullable<Policy['unembed']>
  readonly logProbs?: Policy['logProbs'] | undefined
}

/** What stands before a policy's logits, and how they and log-probs are read from it. */
export interface Stated extends Unembedding {
  readonly states: Policy['logits']
  readonly branched?: Policy['branched'] | undefined
}

/** Hidden states and a head; where a policy has none, the logits themselves. */
export const stated = ({
  logits,
  hidden,
  unembed,
  logProbs,
  branched,
}: Pick<Policy, 'logits' | 'hidden' | 'unembed' | 'logProbs' | 'branched'>): Stated =>
  hidden === undefined || unembed === undefined
    ? { states: logits, unembed: (_constants, _trainable, states) => states }
    : { states: hidden, unembed, logProbs, branched }

/**
 * Log-probabilities of tokens after each of the states, inside a compiled function: `logProbs`, or of all logits where a
 * policy has none.
 *
 * @param trainable null for the frozen reference
 * @param states [rows, count, hidden], what `unembed` takes
 * @param tokens [rows, count, k] int32
 */
export const stateLogProbs = <Name extends string = never>(
  { unembed, logProbs }: Unembedding,
  constants: Tensors,
  trainable: Tensors | null,
  states: tf.Tensor3D,
  tokens: tf.Tensor3D,
  options: LogProbOptions<Name> = {},
): TokenReadings<Name> => {
  if (logProbs !== undefined) return logProbs(constants, trainable, states, tokens, options)
  const { readings, rules = (own) => own } = options
  const [rows, count, k] = tokens.shape
  const logits = unembed(constants, trainable, states)
  const flat = tf.reshape<tf.Rank.R2>(logits, [rows * count, logits.shape[2]])
  const ids = tf.reshape<tf.Rank.R2>(tokens, [rows * count, k])
  return inRows(trainedHeadLogProbs(flat, ids, rules(givenLogits), readings), rows)
}

import { type HostTensors, hostTensor } from '@gfnlm/jit'
import { type Pair, type PairTokens, sequenceLogProbs } from '@gfnlm/losses'
import type { Tensors } from '@gfnlm/policy'
import * as tf from '@tensorflow/tfjs-core'
import { type CompletionTokens, type Model, completionTokens, packCompletions } from './completions.ts'
import { evenly } from './parts.ts'

/** Two completions of a prompt, the first preferred to the second; token ids, terminators included. */
export interface CompletionPair {
  readonly prompt: Int32Array
  readonly chosen: Int32Array
  readonly rejected: Int32Array
  /** What the pair counts for; default 1. */
  readonly weight?: number
  /** log π_ref of the completions, nats, where it was computed before: `withReference`. */
  readonly reference?: { readonly chosen: number; readonly rejected: number }
}

export interface CompletionPairs {
  readonly pairs: readonly CompletionPair[]
  /** Pads prompt and completion to this many columns at least, so that batches share a compiled graph. */
  readonly width?: number
}

/**
 * Pairs as arrays: all chosen completions and then all rejected ones after their prompts, so that one pass scores both.
 * `tokens` [2 · pairs, columns]; `mask` [2 · pairs, columns − 1] is 1 where the next token is the completion's.
 *
 * @throws a CompletionEmpty fault for a completion without a token, a PromptEmpty one for a prompt without
 */
export const packPairs = ({ pairs, width }: CompletionPairs): HostTensors => {
  const side = (of: 'chosen' | 'rejected') => pairs.map(({ prompt, [of]: completion }) => ({ prompt, completion }))
  const placeOf = (row: number): string => `pair ${row % pairs.length}, ${row < pairs.length ? 'chosen' : 'rejected'}`
  return {
    ...packCompletions([...side('chosen'), ...side('rejected')], width, placeOf),
    weight: hostTensor(Float32Array.from(pairs, ({ weight = 1 }) => weight)),
  }
}

/** Pairs in at most so many parts, all padded to the same width. */
export const pairsInParts = ({ pairs, width = 0 }: CompletionPairs, parts: number): readonly CompletionPairs[] => {
  const longest = ({ prompt, chosen, rejected }: CompletionPair): number =>
    prompt.length + Math.max(chosen.length, rejected.length)
  const widest = pairs.reduce((most, pair) => Math.max(most, longest(pair)), width)
  return evenly(pairs, parts).map((some) => ({ pairs: some, width: widest }))
}

/** Tokens of chosen and of rejected completions under a model. */
export interface ScoredPairTokens extends PairTokens {
  readonly chosen: CompletionTokens
  readonly rejected: CompletionTokens
}

/** Log-probabilities of the tokens of packed pairs, chosen completions and rejected ones; null: adapter off. */
export const pairTokens = (model: Model, trainable: Tensors | null, packed: Tensors): ScoredPairTokens => {
  const { logProb, mask, meanLogit } = completionTokens(model, trainable, packed)
  const [rows, steps] = mask.shape
  const half = (x: tf.Tensor2D, first: number): tf.Tensor2D => tf.slice2d(x, [first, 0], [rows / 2, steps])
  const side = (first: number): CompletionTokens => ({
    logProb: half(logProb, first),
    mask: half(mask, first),
    meanLogit: half(meanLogit, first),
  })
  return { chosen: side(0), rejected: side(rows / 2) }
}

/** [pairs] what stands for log π(y | x) of both completions, nats, made of their tokens'. */
export type PairLogProbs = (tokens: PairTokens) => Pair

/** The sum over the tokens: log π(y | x) itself. */
export const summed: PairLogProbs = ({ chosen, rejected }) => ({
  chosen: sequenceLogProbs(chosen).sum,
  rejected: sequenceLogProbs(rejected).sum,
})

import type { TokenMDP } from './token-mdp.ts'

/** What a policy is conditioned on, with the dataset row it came from (a reward may need more than the prompt). */
export interface Prompt {
  /** Stable name of the prompt: replay buffers and per-prompt statistics are keyed by it. */
  readonly id: string
  readonly text: string
  readonly tokens: Int32Array
  readonly row: Readonly<Record<string, unknown>>
}

/** The prompts of one training step, and the step they belong to (the key of every draw made for it). */
export interface PromptBatch {
  readonly step: number
  readonly seed: number
  readonly prompts: readonly Prompt[]
}

/** Where a row's completion came from. */
export type Origin = 'policy' | 'replay' | 'dataset'

/**
 * Completions of a batch of prompts: an immutable struct of arrays, row-major, `width = mdp.maxLength + 1` columns.
 *
 * Column t is the state after t generated tokens; `tokens[row, t]` is the action taken there, so a completion of
 * l tokens fills columns 0..l-1 with them and column l with the terminator. Columns past l hold padding.
 */
export interface Trajectories extends PromptBatch {
  readonly mdp: TokenMDP
  readonly rows: number
  readonly width: number
  /** [rows] index into prompts. */
  readonly group: Int32Array
  /** [rows, width] the action taken at each state; the terminator at column `length`. */
  readonly tokens: Int32Array
  /** [rows] tokens before the terminator. */
  readonly length: Int32Array
  /** [rows, width] log-probability under the learned policy when sampled, nats; NaN where unknown or padding. */
  readonly logPF: Float32Array
  /** [rows, width] log-probability under the behaviour policy that drew the tokens, nats; NaN where unknown or padding. */
  readonly logBehaviour: Float32Array
  /** [rows, width] log-probability under the frozen reference, nats; anything past the end. Absent: not computed. */
  readonly referenceLogProb?: Float32Array
  /** [rows] */
  readonly origin: readonly Origin[]
  /** [rows] the step each row was sampled at; absent: all at `step`. */
  readonly sampledAt?: Int32Array
}

/** Trajectories with what they are worth. */
export interface Annotated extends Trajectories {
  /**
   * [rows, width] log R(s_t · terminator), nats, not tempered: what the completion would be worth if it ended at
   * state t. Only column `length` is filled by a reward that judges whole completions; the others are NaN then.
   */
  readonly logReward: Float32Array
  /** Losses see logReward / rewardTemperature. */
  readonly rewardTemperature: number
  /** [rows] 0 where the reward failed: the row is in no loss and no statistic. */
  readonly keep: Uint8Array
  /** What the reward has to log of the batch as it judged it, whatever rows are selected after. */
  readonly rewardMetrics?: Readonly<Record<string, number>>
}

/** Annotated trajectories with a weight for each row's share of the loss (1: as it is, 0: not at all). */
export interface Weighted extends Annotated {
  /** [rows] */
  readonly weight: Float32Array
  /** [rows] 1 where a bound changed the weight; absent: nowhere. */
  readonly clipped?: Uint8Array
  /** [rows, width] what each token counts for within its row's term, for losses of tokens; absent: 1. */
  readonly tokenWeight?: Float32Array
}

/** [rows] the annotated log reward of each whole completion, not tempered (NaN where the reward failed). */
export const terminalReward = (batch: Annotated): Float32Array =>
  Float32Array.from({ length: batch.rows }, (_, row) =>
    batch.keep[row] === 0 ? NaN : batch.logReward[row * batch.width + batch.length[row]!]!,
  )

/** The completion of a row without its terminator. */
export const completionOf = (batch: Trajectories, row: number): Int32Array =>
  batch.tokens.slice(row * batch.width, row * batch.width + batch.length[row]!)

/** Whether a row's completion was cut off at the greatest length: its terminator was forced, not chosen. */
export const wasCutOff = ({ length, mdp }: Pick<Trajectories, 'length' | 'mdp'>, row: number): boolean =>
  length[row] === mdp.maxLength && mdp.leaf !== 'free'

/**
 * [rows, width] the tokens with the terminator in every column past the end, whatever the padding held: not even an
 * id outside the vocabulary, or one whose embedding is not a number, can enter a model.
 */
export const settledTokens = ({ tokens, length, width, mdp }: Trajectories): Int32Array =>
  tokens.map((token, cell) => (cell % width < length[Math.floor(cell / width)]! ? token : mdp.terminator))

/**
 * [rows] log-probability of each whole completion, terminator included, nats: Σ over columns 0..length of a
 * [rows, width] column of the batch. NaN where any of them is unknown; padding is not read.
 */
export const completionLogProb = (batch: Trajectories, column: 'logPF' | 'logBehaviour'): Float64Array =>
  Float64Array.from({ length: batch.rows }, (_, row) => {
    const first = row * batch.width
    return batch[column].subarray(first, first + batch.length[row]! + 1).reduce((sum, logProb) => sum + logProb, 0)
  })

import type { Head, HostTensors, Readings } from '@gfnlm/jit'
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core'
import type { Tokenizer } from './tokenizer.ts'

/** Named tensors inside a compiled function: the traced counterpart of HostTensors. */
export type Tensors = Readonly<Record<string, Tensor>>

/**
 * Where the rows of a batch stand: prompts are padded on the left, completions on the right. On the left any id of the
 * vocabulary may pad, even one whose embedding is NaN; on the right causality hides padding only if its embedding is
 * a number.
 */
export interface TokenInput {
  /** [rows, width] int32 */
  readonly tokens: Tensor2D
  /** [rows] int32: padding columns at the left of each row. Padding never changes a result. */
  readonly pad: Tensor1D
}

/** Columns whose hidden states or next-token logits are wanted: the last layer and the head run on these only. */
export interface Columns {
  readonly start: number
  readonly count: number
}

/** Keys and values of every layer, `k.<layer>` and `v.<layer>`: [rows, kvHeads, columns, headDim]. */
export type Cache = Tensors

/** What is made of a head before its softmax, row by row: masks, a penalty. */
export type HeadRules = (head: Head) => Head

/**
 * A language model as pure functions over its parameters. Every function is made to be compiled (`jit`): tensors
 * go in and out, nothing is kept. `constants` are frozen; `trainable` is the newest adapter (or all weights, when
 * they train); `null` in its place is the frozen reference.
 */
export interface Policy {
  readonly name: string
  readonly vocabSize: number
  /** Positions the model can take (prompt and completion together). */
  readonly contextLength: number
  readonly tokenizer?: Tokenizer
  /** Frozen weights by their Hugging Face names. */
  readonly constants: HostTensors
  /** Initial trainable parameters. */
  readonly trainable: HostTensors
  /** [rows, columns.count, vocab] fp32 next-token logits after each of the columns. */
  readonly logits: (constants: Tensors, trainable: Tensors | null, input: TokenInput, columns: Columns) => Tensor3D
  /**
   * [rows, columns.count, hidden] fp32 hidden states of the columns after the final norm, which heads read; absent: the
   * policy takes no head. `logits` is `unembed` of it.
   */
  readonly hidden?: (constants: Tensors, trainable: Tensors | null, input: TokenInput, columns: Columns) => Tensor3D
  /** [rows, count, vocab] logits of hidden states, for whoever reads the same ones by another head, too. */
  readonly unembed?: (constants: Tensors, trainable: Tensors | null, hidden: Tensor3D) => Tensor3D
  /**
   * Log-probabilities of tokens [rows, count, k] after each of the hidden states, and what else is to be read of the
   * logits: as of `unembed`, of which few rows are in memory at one time where the head does not train, the reference's
   * included. Absent: all logits are.
   */
  readonly logProbs?: <Name extends string = never>(
    constants: Tensors,
    trainable: Tensors | null,
    hidden: Tensor3D,
    tokens: Tensor3D,
    options?: LogProbOptions<Name>,
  ) => TokenReadings<Name>
  /** Cached decoding; absent: the sampler runs `logits` on the whole row for every token. */
  readonly cached?: CachedDecoding
  /**
   * `hidden` of several continuations of one prefix in one pass: the prefix runs once, whatever grows out of it. Who has
   * it has `hidden` and `unembed`.
   */
  readonly branched?: (
    constants: Tensors,
    trainable: Tensors | null,
    input: BranchInput,
    columns: Columns,
  ) => BranchStates
}

export interface LogProbOptions<Name extends string = never> {
  /** Numbers wanted of each state's logits, by name. */
  readonly readings?: Readings<Name> | undefined
  /** What the logits are made of the head's. Default: they are the head's. */
  readonly rules?: HeadRules | undefined
}

/** Of tokens after each of the columns. */
export interface TokenReadings<Name extends string = never> {
  /** [rows, columns, k] nats */
  readonly logProb: Tensor3D
  /** [rows, columns] each; through these no gradient flows. */
  readonly read: Readonly<Record<Name, Tensor2D>>
}

/** Rows of tokens, and branches that leave each row at columns of the caller's choice. */
export interface BranchInput {
  /** [rows, width] int32, padded on the left. */
  readonly trunk: TokenInput
  /** [rows, branches, length] int32: branch b of a row continues its trunk; padded on the right with any token. */
  readonly branches: Tensor3D
  /** Of each branch, the trunk columns before it: branch b follows columns 0 … after[b] − 1, the same in every row. */
  readonly after: readonly number[]
}

export interface BranchStates {
  /** [rows, columns.count, hidden] of the asked columns of the trunk */
  readonly trunk: Tensor3D
  /** [rows, branches, length, hidden] of every token of every branch */
  readonly branches: Tensor4D
}

/** Prompts that rows continue: equal runs of rows have one in common. */
export interface SharedPrompt {
  /** [prompts, kvHeads, columns, headDim] */
  readonly cache: Cache
  /** [rows] columns that hold a row's prompt, from the first on. */
  readonly length: Tensor1D
}

export interface CachedDecoding {
  readonly layers: number
  /** Shape of one layer's keys or values: [kvHeads, headDim]. */
  readonly head: readonly [number, number]
  /** Runs the prompts: [rows, vocab] logits after the last column, and the cache of its columns. */
  readonly prefill: (
    constants: Tensors,
    trainable: Tensors | null,
    input: TokenInput,
  ) => { readonly logits: Tensor2D; readonly fresh: Cache }
  /**
   * Runs one token a row against a cache of `capacity` columns, of which the first `filled` [rows] hold a row's earlier
   * tokens. Returns [rows, vocab] logits and the new column's keys and values ([rows, kvHeads, 1, headDim]); whoever
   * holds the cache writes them at column `filled`. A prompt that rows have in common may lie apart: the cache then
   * holds what each row has after it.
   */
  readonly decode: (
    constants: Tensors,
    trainable: Tensors | null,
    input: {
      readonly tokens: Tensor1D
      readonly filled: Tensor1D
      readonly cache: Cache
      readonly prompt?: SharedPrompt
    },
  ) => { readonly logits: Tensor2D; readonly fresh: Cache }
}

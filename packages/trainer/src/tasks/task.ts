import type { HostTensors, HostTree } from '@gfnlm/jit'
import type { Policy, Tensors } from '@gfnlm/policy'
import type { Terms } from '@gfnlm/losses'
import type * as tf from '@tensorflow/tfjs-core'

/** What a task's loss is computed from, inside a compiled function. */
export interface TaskInputs {
  readonly policy: Policy
  readonly constants: Tensors
  /** The policy's trainable parameters. */
  readonly trainable: Tensors
  /** The task's own parameters. */
  readonly parameters: Tensors
  /** The task's own frozen arrays. */
  readonly frozen: Tensors
  /** What `pack` made of the batch. */
  readonly batch: Readonly<Record<string, tf.Tensor>>
}

/**
 * What is learned from a batch: how the batch becomes arrays of fixed shape, and which loss those arrays and the
 * policy give. `lossStep` turns it into forward, backward and update in one graph.
 */
export interface Task<Batch> {
  readonly name: string
  /** Parameters beside the policy's (a learned log Z), with what multiplies their learning rate. */
  readonly parameters: HostTensors
  readonly rateScale: number
  /** Frozen arrays of the task's own (a teacher's weights), constants of the compiled graph. */
  readonly frozen?: HostTensors
  /**
   * The arrays of a batch. Ids of tokens are in those called `tokens`, `prompts`, `actions` or `next`: whoever learns
   * checks that the policy has them all (`inVocabulary`).
   */
  readonly pack: (batch: Batch) => HostTree
  /**
   * `pack` of the batch in at most so many parts, none of them empty, whose losses by their mass are the batch's: its
   * rows, or its prompts where the loss itself has a statistic of theirs. What couples rows on the host (advantages) is
   * that of the whole batch. Absent: the task's batches are not taken in parts.
   */
  readonly packParts?: (batch: Batch, parts: number) => readonly HostTree[]
  /** Tokens of a batch, padding left out: what `num_tokens` adds up. Absent: they are not counted. */
  readonly tokens?: (batch: Batch) => number
  readonly loss: (inputs: TaskInputs) => Terms
}

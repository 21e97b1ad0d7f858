import {
  type Fault,
  type Key,
  type PromptBatch,
  type Weighted,
  checkCount,
  fault,
  fold,
  keyOf,
  permutation,
  selectRows,
} from '@gfnlm/env'
import type { Metrics } from '../events.ts'
import { evenly, membersOfPrompts } from '../tasks/parts.ts'
import type { Learner } from '../trainer.ts'
import { type Rollout, selectRolloutRows } from './rollout.ts'

/** A batch in at most so many minibatches, in an order drawn from the key. */
export type Shuffled<Batch> = (batch: Batch, minibatches: number, key: Key) => readonly Batch[]

const shuffle = <A>(list: readonly A[], key: Key): readonly A[] =>
  Array.from(permutation(key, list.length), (i) => list[i]!)

/** By rows: a rollout's advantages are settled. */
export const shuffledRows: Shuffled<Rollout> = (batch, minibatches, key) =>
  evenly(shuffle([...batch.group.keys()], key), minibatches).map((rows) => selectRolloutRows(batch, rows))

/** By prompts, whose completions stay together: for advantages within prompts (RLOO, GRPO). */
export const shuffledPrompts: Shuffled<Weighted> = (batch, minibatches, key) =>
  evenly(shuffle(membersOfPrompts(batch), key), minibatches).map((prompts) => selectRows(batch, prompts.flat()))

export interface EpochOptions {
  /** Passes over each batch. Default 4, TRL's `num_ppo_epochs`. */
  readonly epochs?: number
  /** Updates in each pass. Default 1, TRL's `num_mini_batches`. */
  readonly minibatches?: number
}

/** Mean of each metric over updates. */
const meanOf = (told: readonly Metrics[]): Metrics => {
  const names = Object.keys(told[0] ?? {})
  const mean = (name: string): number => told.reduce((sum, metrics) => sum + metrics[name]!, 0) / told.length
  return Object.fromEntries(names.map((name) => [name, mean(name)]))
}

const tooMany = (minibatches: number, found: number): Fault<'MinibatchesTooMany'> =>
  fault(
    'MinibatchesTooMany',
    `a batch that comes in ${found} minibatches at most was to come in ${minibatches}`,
    'Ask for no more minibatches than a batch has rows, or prompts where their completions stay together.',
    { minibatches, found },
  )

/**
 * A learner that makes `epochs · minibatches` updates of a batch instead of one, in an order of minibatches that is the
 * epoch's own. The state's `step` counts updates: schedules run by them. Metrics are means over the updates.
 *
 * @param shuffled how a batch comes in minibatches: `shuffledRows` of a rollout, `shuffledPrompts` for RLOO and GRPO
 * @throws RangeError for less than one epoch or minibatch; its updates a MinibatchesTooMany fault, for a batch of fewer
 * rows (or prompts) than minibatches
 * @example lossStep(inEpochs(learner, shuffledPrompts, { epochs: 2 })) // TRL GRPO's num_iterations
 */
export const inEpochs = <Batch extends Pick<PromptBatch, 'seed' | 'step'>>(
  learner: Learner<Batch>,
  shuffled: Shuffled<Batch>,
  { epochs = 4, minibatches = 1 }: EpochOptions = {},
): Learner<Batch> => {
  checkCount('inEpochs', 'epochs', epochs)
  checkCount('inEpochs', 'minibatches', minibatches)
  return {
    ...(learner.tokens === undefined ? {} : { tokens: learner.tokens }),
    update: async (batch) => {
      const told: Metrics[] = []
      for (let epoch = 0; epoch < epochs; epoch++) {
        const key = fold(keyOf(batch.seed), 'minibatches', batch.step, epoch)
        const parts = shuffled(batch, minibatches, key)
        // The state counts updates, and a run resumes by them.
        if (parts.length < minibatches) throw tooMany(minibatches, parts.length)
        for (const part of parts) told.push(await learner.update(part))
      }
      return meanOf(told)
    },
  }
}

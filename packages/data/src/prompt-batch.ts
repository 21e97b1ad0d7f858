import { type OperatorFunction, defer, map } from 'rxjs'
import { type Prompt, type PromptBatch, fold, keyOf, permutation } from '@gfnlm/env'
import { noPrompts } from './prompt-source.ts'

/** The order in which an epoch visits n prompts: a permutation keyed by (seed, epoch). */
export type EpochOrder = (seed: number, epoch: number, n: number) => Int32Array

const shuffled: EpochOrder = (seed, epoch, n) => permutation(fold(keyOf(seed), 'shuffle', epoch), n)

/** The same order without shuffling again at every step of an epoch. */
const rememberLast = (order: EpochOrder): EpochOrder => {
  let last: { readonly key: string; readonly value: Int32Array } | undefined
  return (seed, epoch, n) => {
    const key = `${seed}/${epoch}/${n}`
    if (last?.key !== key) last = { key, value: order(seed, epoch, n) }
    return last.value
  }
}

/**
 * The prompts of one step, as a pure function of (seed, step): a resumed run needs no cursor.
 *
 * Step s takes places s·perStep … (s+1)·perStep − 1 of an endless sequence of epochs, each a fresh shuffle of all
 * prompts. So every prompt comes once an epoch; a batch that straddles two epochs may hold a prompt twice.
 *
 * @param step counted from 0
 * @throws a NoPrompts fault for an empty list
 */
export const promptBatch = (
  prompts: readonly Prompt[],
  step: number,
  seed: number,
  perStep: number,
  order: EpochOrder = shuffled,
): PromptBatch => {
  const n = prompts.length
  if (n === 0) throw noPrompts('the list')
  if (!Number.isInteger(perStep) || perStep < 1) throw new RangeError(`perStep is ${perStep}, not a positive integer`)
  if (!Number.isInteger(step) || step < 0) throw new RangeError(`step is ${step}, not an integer from 0`)
  const at = (place: number): Prompt => prompts[order(seed, Math.floor(place / n), n)[place % n]!]!
  return { step, seed, prompts: Array.from({ length: perStep }, (_, i) => at(step * perStep + i)) }
}

/**
 * For each step asked for, its prompts. An empty list is an error notification with the NoPrompts fault.
 *
 * ```
 * step   --0------1------2--|
 *        prompts([a, b], { perStep: 1 })
 *        --b------a------a--|        (each epoch in its own order)
 * ```
 */
export const prompts =
  (
    source: readonly Prompt[],
    { perStep }: { readonly perStep: number },
  ): OperatorFunction<Pick<PromptBatch, 'step' | 'seed'>, PromptBatch> =>
  (steps) =>
    defer(() => {
      const order = rememberLast(shuffled)
      return steps.pipe(map(({ step, seed }) => promptBatch(source, step, seed, perStep, order)))
    })

import { type OperatorFunction, defer, map } from 'rxjs'
import type { Prompt, PromptBatch } from '@gfnlm/env'
import { noPrompts } from './prompt-source.ts'
import { type EpochOrder, rememberedOrder, rowBatch } from './row-batch.ts'

export type { EpochOrder }

/**
 * The prompts of one step, as a pure function of (seed, step): a resumed run needs no cursor. See `rowBatch`.
 *
 * @param step counted from 0
 * @throws a NoPrompts fault for an empty list
 */
export const promptBatch = (
  prompts: readonly Prompt[],
  step: number,
  seed: number,
  perStep: number,
  order?: EpochOrder,
): PromptBatch => {
  if (prompts.length === 0) throw noPrompts('the list')
  return { step, seed, prompts: rowBatch(prompts, step, seed, perStep, order) }
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
      const order = rememberedOrder()
      return steps.pipe(map(({ step, seed }) => promptBatch(source, step, seed, perStep, order)))
    })

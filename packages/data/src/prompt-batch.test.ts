import type { Prompt, PromptBatch } from '@gfnlm/env'
import fc from 'fast-check'
import { Observable } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { expect, test } from 'vitest'
import { promptBatch, prompts } from './prompt-batch.ts'

const list = (n: number): Prompt[] =>
  Array.from({ length: n }, (_, i) => ({ id: `${i}`, text: '', tokens: Int32Array.of(i), row: {} }))
const ids = (batch: PromptBatch): string[] => batch.prompts.map((prompt) => prompt.id)

test('every prompt comes exactly once an epoch, whatever the batch size', () => {
  const counts = [fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 15 })] as const
  fc.assert(
    fc.property(...counts, fc.integer(), (n, perStep, seed) => {
      const stream = Array.from({ length: n * 2 }, (_, step) => ids(promptBatch(list(n), step, seed, perStep))).flat()
      for (let epoch = 0; epoch < 2 * perStep; epoch++)
        expect(new Set(stream.slice(epoch * n, (epoch + 1) * n)).size).toBe(n)
    }),
    { numRuns: 50 },
  )
})

test('a batch depends on (seed, step) only, so a resumed run needs no cursor', () => {
  const from = (first: number): string[][] =>
    Array.from({ length: 20 - first }, (_, i) => ids(promptBatch(list(7), first + i, 3, 4)))
  expect(from(13)).toEqual(from(0).slice(13))
})

test('epochs and seeds have orders of their own', () => {
  const order = (step: number, seed: number): string => ids(promptBatch(list(20), step, seed, 20)).join()
  expect(new Set([order(0, 1), order(1, 1), order(0, 2), order(1, 2)]).size).toBe(4)
})

test('no prompts, no batch; a step or batch size that is no count is a mistake in the program', () => {
  expect(() => promptBatch([], 0, 1, 1)).toThrow(expect.objectContaining({ _tag: 'NoPrompts' }))
  expect(() => promptBatch(list(3), -1, 1, 1)).toThrow(RangeError)
  expect(() => promptBatch(list(3), 0, 1, 0)).toThrow(RangeError)
})

test('the operator answers each step with its batch, and lets go of its source when left', () => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected))
  scheduler.run(({ hot, expectObservable, expectSubscriptions }) => {
    const key = (step: number): { step: number; seed: number } => ({ step, seed: 9 })
    const batchOf = (step: number): PromptBatch => promptBatch(list(5), step, 9, 2)
    const steps = hot('        --a--b---c--d--|', { a: key(0), b: key(1), c: key(2), d: key(7) })
    const whole = '            ^--------------'
    const left = '             ^---------!'
    const expected = '         --a--b---c--d--|'
    const values = { a: batchOf(0), b: batchOf(1), c: batchOf(2), d: batchOf(7) }
    const result = steps.pipe(prompts(list(5), { perStep: 2 }))
    expectObservable(result, whole).toBe(expected, values)
    expectObservable(result, left).toBe('--a--b---c', values)
    expectSubscriptions(steps.subscriptions).toBe(['^--------------!', left])
  })
})

test('an empty list is an error notification, not a throw', () => {
  const seen: unknown[] = []
  new Observable<{ step: number; seed: number }>((out) => out.next({ step: 0, seed: 0 }))
    .pipe(prompts([], { perStep: 1 }))
    .subscribe({ error: (error: { _tag: string }) => seen.push(error._tag) })
  expect(seen).toEqual(['NoPrompts'])
})

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fault } from '@gfnlm/env'
import { isLeft } from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { EMPTY, from, lastValueFrom, tap, toArray } from 'rxjs'
import { expect, test } from 'vitest'
import { checkpointEvery } from './checkpoint-every.ts'
import type { RunEvent } from './events.ts'
import { jsonl } from './run-log/jsonl.ts'
import { readEvents } from './run-log/read-events.ts'
import { record } from './run-log/record.ts'

const steps = (n: number): RunEvent[] =>
  Array.from({ length: n }, (_, step) => ({ type: 'step', time: 0, step, metrics: {} }))

test('checkpoints are made every so many steps and after the last, each told after its step', async () => {
  let saves = 0
  const saving = (): TE.TaskEither<never, string> => TE.fromIO(() => `path ${++saves}`)
  const seen = await lastValueFrom(from(steps(5)).pipe(checkpointEvery(2, saving), toArray()))
  expect(seen.map((event) => (event.type === 'checkpoint' ? `${event.step} ${event.path}` : event.type))).toEqual([
    'step',
    'step',
    '1 path 1',
    'step',
    'step',
    '3 path 2',
    'step',
    '4 path 3',
  ])
})

test('a step is told before its checkpoint is made, and the next one after that is whole', async () => {
  const order: string[] = []
  const saving = TE.fromTask<string, never>(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push('saved')
    return 'path'
  })
  const run = from(steps(2)).pipe(checkpointEvery(1, () => saving))
  await new Promise<void>((complete) => run.subscribe({ next: ({ type }) => order.push(type), complete }))
  expect(order).toEqual(['step', 'saved', 'checkpoint', 'step', 'saved', 'checkpoint'])
})

test('when a checkpoint is whole, the log has its step: a run killed then and resumed has every step once', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'gfnlm-checkpoint-')), 'metrics.jsonl')
  const log = jsonl(path)
  if (isLeft(log)) throw log.left
  const logged: unknown[] = []
  const save = (): TE.TaskEither<never, string> =>
    TE.fromIO(() => {
      logged.push(readEvents(path).events.map((event) => ('step' in event ? event.step : event.type)))
      return ''
    })
  await lastValueFrom(from(steps(3)).pipe(checkpointEvery(1, save), record([log.right])))
  expect(logged).toEqual([[0], [0, 0, 1], [0, 0, 1, 1, 2]])
})

test('a checkpoint that cannot be written ends the stream with its fault', async () => {
  const full = fault('CheckpointFailed', 'the disk is full', 'free some space')
  const run = lastValueFrom(from(steps(1)).pipe(checkpointEvery(1, () => TE.left(full))))
  await expect(run).rejects.toBe(full)
})

test.each([0, -1, 2.5, NaN])('checkpoints are made every whole number of steps, not every %s', (every) => {
  expect(() => checkpointEvery(every, () => TE.right(''))).toThrow(
    `checkpointEvery: every must be a whole number of at least 1, found ${every}`,
  )
})

test('a run has a checkpoint of its last step, wherever it ends, and one only', async () => {
  const saved = async (made: number): Promise<unknown[]> => {
    const seen = await lastValueFrom(
      from(steps(made)).pipe(
        checkpointEvery(2, () => TE.right('')),
        toArray(),
      ),
    )
    return seen.map((event) => (event.type === 'checkpoint' ? `saved ${event.step}` : event.type))
  }
  expect(await saved(3)).toEqual(['step', 'step', 'saved 1', 'step', 'saved 2'])
  expect(await saved(2)).toEqual(['step', 'step', 'saved 1'])
  expect(
    await lastValueFrom(
      EMPTY.pipe(
        checkpointEvery(2, () => TE.right('')),
        toArray(),
      ),
    ),
  ).toEqual([])
})

test('what is saved is the state after the step, though more steps are made while a save runs', async () => {
  let state = -1
  const save = (): TE.TaskEither<never, string> => {
    const path = `state ${state}`
    return TE.fromTask(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return path
    })
  }
  const made$ = from(steps(8)).pipe(tap((event) => event.type === 'step' && (state = event.step)))
  const seen = await lastValueFrom(made$.pipe(checkpointEvery(2, save), toArray()))
  expect(seen.flatMap((event) => (event.type === 'checkpoint' ? [[event.step, event.path]] : []))).toEqual(
    [1, 3, 5, 7].map((step) => [step, `state ${step}`]),
  )
})

import {
  EMPTY,
  type Observable,
  Subject,
  concat,
  firstValueFrom,
  lastValueFrom,
  map,
  of,
  take as first,
  throwError,
  timer,
  toArray,
} from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { expect, test } from 'vitest'
import type { RunEvent } from '../events.ts'
import { record } from './record.ts'
import type { Sink } from './sink.ts'

const step = (n: number): RunEvent => ({ type: 'step', time: 0, step: n, metrics: {} })
const told = (event: RunEvent): string =>
  event.type === 'warning' ? event.message : 'step' in event ? `${event.step}` : event.type
const run = (events: Observable<RunEvent>, sinks: readonly Sink[]): Promise<string[]> =>
  lastValueFrom(events.pipe(record(sinks), map(told), toArray()))

const sinkTo = (log: string[], fail: (n: number) => boolean = () => false, name = 'sink'): Sink => ({
  name,
  take: (event) => {
    if ('metrics' in event && fail(event.step)) throw new Error('disk full')
    log.push(told(event))
  },
  close: () => void log.push('closed'),
})

test('every event passes, each sink takes them in order and is closed once', async () => {
  const log: string[] = []
  expect(await run(of(step(1), step(2)), [sinkTo(log)])).toEqual(['1', '2'])
  expect(log).toEqual(['1', '2', 'closed'])
})

test('a synchronous sink has taken an event before the source goes on', () => {
  const log: string[] = []
  const source = new Subject<RunEvent>()
  source.pipe(record([sinkTo(log)])).subscribe((event) => log.push(`out ${told(event)}`))
  source.next(step(1))
  log.push('asked for the next')
  source.next(step(2))
  source.complete()
  expect(log).toEqual(['1', 'out 1', 'asked for the next', '2', 'out 2', 'closed'])
})

test('an asynchronous sink is waited for, event by event, and before completion', async () => {
  const log: string[] = []
  const slow: Sink = {
    name: 'slow',
    take: async (event) => {
      log.push(`begin ${told(event)}`)
      await firstValueFrom(timer(1))
      log.push(`end ${told(event)}`)
    },
    close: async () => {
      await firstValueFrom(timer(1))
      log.push('closed')
    },
  }
  await run(of(step(1), step(2)), [slow, sinkTo(log)])
  expect(log).toEqual(['begin 1', 'end 1', '1', 'begin 2', 'end 2', '2', 'closed', 'closed'])
})

test('a sink that fails is one warning, told to the others, and the run goes on', async () => {
  const good: string[] = []
  const bad: string[] = []
  const sinks = [sinkTo(bad, (n) => n === 2 || n === 3, 'metrics.jsonl'), sinkTo(good)]
  const out = await run(of(step(1), step(2), step(3), step(4)), sinks)
  const warning = 'metrics.jsonl was not written: disk full'
  expect(out).toEqual(['1', '2', warning, '3', '4'])
  expect(good).toEqual(['1', '2', warning, '3', '4', 'closed'])
  expect(bad).toEqual(['1', warning, '4', 'closed'])
})

test('sinks are closed before an error is passed on', async () => {
  const log: string[] = []
  const source = concat(
    of(step(1)),
    throwError(() => new Error('NaN loss')),
  )
  await run(source, [sinkTo(log)]).catch((error: Error) => log.push(error.message))
  expect(log).toEqual(['1', 'closed', 'NaN loss'])
})

test('a sink that fails to close is a last warning', async () => {
  const sink: Sink = { name: 'report.html', take: () => {}, close: () => Promise.reject(new Error('no space')) }
  expect(await run(EMPTY, [sink])).toEqual(['report.html was not closed: no space'])
})

test('leaving early closes the sinks once and lets go of the source', () => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected))
  scheduler.run(({ cold, expectObservable, expectSubscriptions, flush }) => {
    const log: string[] = []
    const values = { a: step(1), b: step(2), c: step(3) }
    const source = cold('  --a--b--c--|', values)
    expectObservable(source.pipe(record([sinkTo(log)]), first(2))).toBe('--a--(b|)', values)
    expectSubscriptions(source.subscriptions).toBe('^----!')
    flush()
    expect(log).toEqual(['1', '2', 'closed'])
  })
})

test('a recorded run is not run again: its sinks are closed', async () => {
  const log: string[] = []
  const recorded = of(step(1)).pipe(record([sinkTo(log)]))
  await lastValueFrom(recorded)
  await expect(lastValueFrom(recorded)).rejects.toThrow('subscribed to once')
  expect(log).toEqual(['1', 'closed'])
})

import {
  NEVER,
  Observable,
  type OperatorFunction,
  concatMap,
  delay,
  lastValueFrom,
  map,
  mergeMap,
  of,
  take,
  tap,
  toArray,
} from 'rxjs'
import { expect, test } from 'vitest'
import type { RunEvent } from './events.ts'
import { type Tick, type TrainingOptions, training } from './training.ts'

const options: TrainingOptions = { name: 'run', steps: 3, seed: 7, now: () => 0 }

/** A step without work. */
const stepped = (metrics = {}): OperatorFunction<Tick, RunEvent> =>
  map(({ step }) => ({ type: 'step', time: 0, step, metrics }))

const events = (run: Observable<RunEvent>): Promise<RunEvent[]> => lastValueFrom(run.pipe(toArray()))

test('a run is framed by its start and its end; ticks carry step and seed', async () => {
  const ticks: Tick[] = []
  const run = training({ ...options, config: { a: 1 } }, (ticks$) =>
    ticks$.pipe(
      tap((tick) => ticks.push(tick)),
      stepped(),
    ),
  )
  expect(await events(run)).toEqual([
    { type: 'run/start', time: 0, name: 'run', steps: 3, config: { a: 1 } },
    { type: 'step', time: 0, step: 0, metrics: {} },
    { type: 'step', time: 0, step: 1, metrics: {} },
    { type: 'step', time: 0, step: 2, metrics: {} },
    { type: 'run/end', time: 0, step: 3, reason: 'done' },
  ])
  expect(ticks).toEqual([0, 1, 2].map((step) => ({ step, seed: 7 })))
})

test('other events do not pull the next step', async () => {
  const run = training(options, (ticks$) =>
    ticks$.pipe(
      concatMap(({ step }): RunEvent[] => [
        { type: 'warning', step, message: 'w' },
        { type: 'step', time: 0, step, metrics: {} },
        { type: 'checkpoint', step, path: 'p' },
      ]),
    ),
  )
  expect((await events(run)).map(({ type }) => type).filter((type) => type === 'step').length).toBe(3)
})

/** The most ticks that were ever given without their step done. */
const mostInFlight = async (credits: number): Promise<number> => {
  let inFlight = 0
  let most = 0
  const slow: OperatorFunction<Tick, RunEvent> = (ticks$) =>
    ticks$.pipe(
      tap(() => (most = Math.max(most, ++inFlight))),
      concatMap((tick) => of(tick).pipe(delay(1))),
      stepped(),
      tap(() => inFlight--),
    )
  await events(training({ ...options, steps: 20, credits }, slow))
  return most
}

test.each([1, 2, 5, 50])(
  'with %s credits no more steps than that are in flight, and no fewer where there are as many',
  async (credits) => {
    expect(await mostInFlight(credits)).toBe(Math.min(credits, 20))
  },
)

test('a resumed run goes on at its step, and a finished one ends at once', async () => {
  const steps = async (begin: number): Promise<unknown[]> =>
    (await events(training({ ...options, from: begin }, (ticks$) => ticks$.pipe(stepped()))))
      .slice(1)
      .map((e) => ('step' in e ? [e.type, e.step] : []))
  expect(await steps(2)).toEqual([
    ['step', 2],
    ['run/end', 3],
  ])
  expect(await steps(3)).toEqual([['run/end', 3]])
})

test('a stop signal ends the run after the steps in flight, as stopped', async () => {
  const stop = new AbortController()
  const run = training({ ...options, steps: 100, stop: stop.signal, credits: 2 }, (ticks$) =>
    ticks$.pipe(
      mergeMap((tick) => of(tick).pipe(delay(1))),
      stepped(),
      tap((e) => e.type === 'step' && e.step === 4 && stop.abort()),
    ),
  )
  const seen = await events(run)
  // Step 5 may have had its credit when step 4 ended; what was given is finished, nothing more is given.
  const steps = seen.filter(({ type }) => type === 'step').length
  expect([5, 6]).toContain(steps)
  expect(seen.at(-1)).toEqual({ type: 'run/end', time: 0, step: steps, reason: 'stopped' })
})

test('a run stopped before it began has no step', async () => {
  const seen = await events(training({ ...options, stop: AbortSignal.abort() }, (ticks$) => ticks$.pipe(stepped())))
  expect(seen.map(({ type }) => type)).toEqual(['run/start', 'run/end'])
  expect(seen[1]).toMatchObject({ reason: 'stopped', step: 0 })
})

test('what ends the pipeline is told before the error is passed on', async () => {
  const seen: RunEvent[] = []
  const broken = new Error('the disk is full')
  const run = training(options, (ticks$) =>
    ticks$.pipe(
      stepped(),
      tap((e) => {
        if (e.type === 'step' && e.step === 1) throw broken
      }),
    ),
  )
  const caught: unknown = await new Promise((resolve) => run.subscribe({ next: (e) => seen.push(e), error: resolve }))
  expect(caught).toBe(broken)
  expect(seen.at(-1)).toEqual({ type: 'run/end', time: 0, step: 1, reason: 'failed', message: 'the disk is full' })
})

test('unsubscribing lets go of the pipeline and gives no further tick', async () => {
  let given = 0
  let torn = false
  const run = training(
    { ...options, steps: 1000 },
    (ticks$) =>
      new Observable<RunEvent>((out) => {
        const inner = ticks$
          .pipe(
            tap(() => given++),
            concatMap((tick) => (tick.step < 3 ? of(tick) : NEVER)),
            stepped(),
          )
          .subscribe(out)
        return () => {
          torn = true
          inner.unsubscribe()
        }
      }),
  )
  const subscription = run.subscribe()
  while (given < 4) await new Promise((resolve) => setImmediate(resolve))
  subscription.unsubscribe()
  expect(torn).toBe(true)
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(given).toBe(4)
})

test('unsubscribing between two steps gives no further tick', async () => {
  let given = 0
  const run = training({ ...options, steps: 1000 }, (ticks$) =>
    ticks$.pipe(
      tap(() => given++),
      stepped(),
    ),
  )
  const subscription = run.subscribe((event) => event.type === 'step' && event.step === 3 && subscription.unsubscribe())
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(given).toBe(4)
})

test('10 000 steps without work do not overflow the stack', async () => {
  let steps = 0
  const run = training({ ...options, steps: 10_000 }, (ticks$) =>
    ticks$.pipe(
      stepped(),
      tap(() => steps++),
    ),
  )
  expect((await events(run)).at(-1)).toMatchObject({ reason: 'done', step: 10_000 })
  expect(steps).toBe(10_000)
})

test('each subscription is a run of its own', async () => {
  const run = training(options, (ticks$) => ticks$.pipe(stepped()))
  const [a, b] = await Promise.all([events(run), events(run)])
  expect(a).toEqual(b)
  expect(a.length).toBe(5)
})

test.each([-1, 1.5, NaN])('%s steps, or a first step of that, are refused', (n) => {
  const found = `must be a whole number of at least 0, found ${n}`
  expect(() => training({ ...options, steps: n }, stepped())).toThrow(`training: steps ${found}`)
  expect(() => training({ ...options, from: n }, stepped())).toThrow(`training: from ${found}`)
})

test('a run without an end is ended by who reads it', async () => {
  const seen = await events(training({ ...options, steps: Infinity }, stepped()).pipe(take(3)))
  expect(seen.map(({ type }) => type)).toEqual(['run/start', 'step', 'step'])
})

test.each([0, -1, 1.5, NaN])('%s credits are refused', (credits) => {
  expect(() => training({ ...options, credits }, stepped())).toThrow(
    `training: credits must be a whole number of at least 1, found ${credits}`,
  )
})

test('a pipeline that cannot be built fails the run like one that breaks', async () => {
  const broken = new Error('no such prompts')
  const seen: RunEvent[] = []
  const run = training(options, () => {
    throw broken
  })
  const caught: unknown = await new Promise((resolve) => run.subscribe({ next: (e) => seen.push(e), error: resolve }))
  expect(caught).toBe(broken)
  expect(seen.map(({ type }) => type)).toEqual(['run/start', 'run/end'])
  expect(seen[1]).toMatchObject({ reason: 'failed', message: 'no such prompts' })
})

test('a run whose steps come back in another order is done when all have', async () => {
  const held: Tick[] = []
  const crossed: OperatorFunction<Tick, Tick> = concatMap((tick) => {
    if (tick.step !== 2) return [tick, ...held.splice(0)]
    held.push(tick)
    return []
  })
  const seen = await events(training({ ...options, steps: 4, credits: 2 }, (ticks$) => ticks$.pipe(crossed, stepped())))
  const order = seen.flatMap((event) => (event.type === 'step' ? [event.step] : []))
  expect(order).toEqual([0, 1, 3, 2])
  expect(seen.at(-1)).toMatchObject({ type: 'run/end', step: 4, reason: 'done' })
})

test('who leaves at the start of a run starts no step', async () => {
  let built = 0
  const run = training(options, (ticks$) => {
    built++
    return ticks$.pipe(stepped())
  })
  expect(await lastValueFrom(run.pipe(take(1)))).toMatchObject({ type: 'run/start' })
  expect(built).toBe(0)
})

test('who leaves at the first step starts no other, also with more credits', async () => {
  let given = 0
  const run = training({ ...options, credits: 3 }, (ticks$) =>
    ticks$.pipe(
      tap(() => given++),
      stepped(),
    ),
  )
  await lastValueFrom(run.pipe(take(2)))
  expect(given).toBe(1)
})
